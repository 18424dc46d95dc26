#include "samples/weather.h"

#include <algorithm>

#include "samples/cities.h"

namespace sluice::samples {
namespace {

constexpr std::size_t kCities = kCitiesWithWeather.size();

struct Report {
  Instant at;
  std::string city;
  std::string falling = "null";  // as JSON
  int apparent = 0, humidity = 0, probability = 0, temperature = 0, visibility = 0, wind = 0;  // hundredths
  int intensity = 0;                                                               // ten thousandths
};

std::string rendered(const Report& report) {
  std::string out;
  const auto field = [&out](const char* name, const std::string& json) {
    out += out.empty() ? "{" : ",";
    out += std::string("\"weather_data.") + name + "\":" + json;
  };
  field("date_time", '"' + time_text(report.at) + '"');
  field("city", '"' + report.city + '"');
  field("currently_apparenttemperature", shortest_decimal(report.apparent, 2));
  field("currently_humidity", shortest_decimal(report.humidity, 2));
  field("currently_precipintensity", shortest_decimal(report.intensity, 4));
  field("currently_precipprobability", shortest_decimal(report.probability, 2));
  field("currently_preciptype", report.falling);
  field("currently_temperature", shortest_decimal(report.temperature, 2));
  field("currently_visibility", shortest_decimal(report.visibility, 2));
  field("currently_windspeed", shortest_decimal(report.wind, 2));
  return out + '}';
}

void replace(std::string& text, const std::string& part, const std::string& by) {
  text.replace(text.find(part), part.size(), by);
}

class Generator {
 public:
  explicit Generator(std::size_t rows) : rows_(rows) {}

  std::size_t first_late() const { return rows_ - rows_ / 10; }
  std::string row(std::size_t row) const {
    switch (kind_of(row)) {
      case Kind::kNew: return rendered(report(row));
      case Kind::kRepeated: return rendered(report(earlier(row)));
      case Kind::kCorrected: return rendered(corrected(report(earlier(row)), turn(row)));
      case Kind::kRefused: return refused(report(earlier(row)), turn(row));
    }
    return {};
  }

 private:
  // A city's moments are all different: even seconds in the first file, odd ones in the late one.
  Instant moment(std::size_t row, Random& random) const {
    const bool late = row >= first_late();
    const std::size_t begin = late ? first_late() : 0, end = late ? rows_ : first_late();
    const std::size_t turns = (end - begin) / kCities + 1;
    const std::uint64_t step = std::max<std::uint64_t>(kWeekSeconds / turns, 2);
    return seconds_after(kFirstDay, (row - begin) / kCities * step + random.below(step / 2) * 2 + (late ? 1 : 0));
  }

  Report report(std::size_t row) const {
    Random random(20190520, row);
    Report made;
    made.at = moment(row, random);
    made.city = kCitiesWithWeather[(row - (row >= first_late() ? first_late() : 0)) % kCities];
    made.temperature = random.between(-600, 2800);
    made.apparent = made.temperature - random.between(0, 300);
    made.humidity = random.between(0, 100);
    made.visibility = random.between(100, 1000);
    made.wind = random.between(0, 2000);
    if (random.one_in(3)) {
      made.intensity = random.between(1, 9999);
      made.probability = random.between(1, 100);
      made.falling = made.temperature < 0 ? "\"snow\"" : made.temperature < 200 ? "\"sleet\"" : "\"rain\"";
    }
    return made;
  }

  static Report corrected(Report report, std::size_t turn) {
    if (turn % 2 == 0) {
      report.falling = report.falling == "null" ? "\"rain\"" : "null";
    } else {
      report.temperature += 25;
    }
    return report;
  }

  // What goes wrong in real files. The report is one that is known: it must stay as it is.
  static std::string refused(const Report& report, std::size_t turn) {
    std::string text = rendered(report);
    const std::string wind = R"(windspeed":)" + shortest_decimal(report.wind, 2);
    switch (turn % 8) {
      case 0: replace(text, wind, R"(windspeed":null)"); break;
      case 1: replace(text, wind, R"(windspeed":NaN)"); break;
      case 2: replace(text, '"' + report.city + '"', "null"); break;
      case 3: replace(text, time_text(report.at), time_text(report.at).substr(0, 10)); break;
      case 4: replace(text, R"(preciptype":)" + report.falling, R"(preciptype":"hail")"); break;
      case 5: replace(text, wind, R"(windspeed":")" + shortest_decimal(report.wind, 2) + '"'); break;
      case 6: replace(text, R"("weather_data.currently_humidity")", R"("weather_data.humidity")"); break;
      default: return text.substr(0, text.size() / 2);  // its end was lost
    }
    return text;
  }

  std::size_t rows_;
};

}  // namespace

void weather(const Open& open, std::size_t rows) {
  const Generator generator(rows);
  std::ostream& out = open("weather-1.json");
  for (std::size_t row = 0; row < generator.first_late(); ++row) out << generator.row(row) << ",\n";
  std::ostream& late = open("weather-2.json");
  for (std::size_t row = generator.first_late(); row < rows; ++row) late << generator.row(row) << ",\n";
}

}  // namespace sluice::samples
