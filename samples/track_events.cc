#include "samples/track_events.h"

#include <algorithm>

#include "samples/cities.h"

namespace sluice::samples {
namespace {

constexpr std::int64_t kTwoDays = std::int64_t{2} * 86'400'000'000;

struct Device {
  const char *os_version, *os_name, *type, *model, *manufacturer;
};
constexpr std::array<Device, 5> kDevices = {{{"8.1.0", "Android", "android", "SM-A520F", "samsung"},
                                             {"9", "Android", "android", "Pixel 3", "Google"},
                                             {"12.2", "iOS", "ios", "iPhone7,2", "Apple"},
                                             {"12.3", "iOS", "ios", "iPhone11,8", "Apple"},
                                             {"7.0", "Android", "android", "MI \"5s\"", "Xiaomi"}}};
constexpr std::array<const char*, 5> kNames = {"App Opened", "Vehicle Selected", "Ride Started", "Ride Ended",
                                               "Ride Rated"};

struct Event {
  Instant at, sent;
  std::string name, zone, version, user, device_id;
  Device device{};
  std::string rating;  // as JSON
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string rendered(const Event& event) {
  std::string out;
  const auto field = [&out](const char* name, const std::string& json) {
    out += out.empty() ? '{' : ',';
    out += quoted(std::string("segment_tracks.") + name) + ':' + json;
  };
  field("original_timestamp_time", quoted(time_text(event.at)));
  field("event_name", quoted(event.name));
  field("context_timezone", quoted(event.zone));
  field("context_os_version", quoted(event.device.os_version));
  field("context_os_name", quoted(event.device.os_name));
  field("context_device_type", quoted(event.device.type));
  field("context_device_model", quoted(event.device.model));
  field("context_device_manufacturer", quoted(event.device.manufacturer));
  field("context_device_id", quoted(event.device_id));
  field("context_app_version", quoted(event.version));
  field("context_app_name", quoted("Scoot"));
  field("context_app_build", quoted(event.version + ".2"));
  field("anonymous_id", quoted(event.user));
  field("received_time", quoted(time_text({event.sent.micros + 1'000'000})));
  field("sent_time", quoted(time_text(event.sent)));
  field("properties_rating", event.rating);
  return out + '}';
}

void replace(std::string& text, const std::string& part, const std::string& by) {
  text.replace(text.find(part), part.size(), by);
}

class Generator {
 public:
  explicit Generator(std::size_t rows)
      : users_(rows / 10 + 1), step_(std::max<std::uint64_t>(kWeekSeconds / std::max<std::size_t>(rows, 1), 1)) {}

  std::string row(std::size_t row) const {
    switch (kind_of(row)) {
      case Kind::kNew: return rendered(event(row));
      case Kind::kRepeated: return rendered(event(earlier(row)));
      case Kind::kCorrected: return rendered(corrected(event(earlier(row)), turn(row)));
      case Kind::kRefused: return refused(event(earlier(row)), turn(row));
    }
    return {};
  }

 private:
  // No two events are of one second, and so no two have one key.
  Event event(std::size_t row) const {
    Random random(20190513, row);
    Event made;
    made.at = made.sent = seconds_after(kFirstDay, row * step_);
    made.sent.micros += std::int64_t{random.between(0, 20)} * 1'000'000;
    if (row % 50 == 30 && row * step_ >= 2 * 86'400) made.at.micros -= kTwoDays;  // a phone without a network
    const std::size_t user = random.below(users_);
    made.user = identifier("a110", user);
    made.device = kDevices[user % kDevices.size()];
    made.device_id = print("%016zx", user * 7919);
    const std::size_t city = random.below(kCitiesWithWeather.size() + 1);
    made.zone = std::string("Europe/") +
                (city < kCitiesWithWeather.size() ? kCitiesWithWeather[city] : kCityWithoutWeather);
    made.version = random.one_in(3) ? "3.0.5" : "3.1.0";
    made.name = random.of(kNames);
    made.rating = made.name == "Ride Rated" ? quoted(std::to_string(random.between(1, 5))) : "null";
    return made;
  }

  static Event corrected(Event event, std::size_t turn) {
    switch (turn % 3) {
      case 0: event.version = "3.1.1"; break;
      case 1: event.zone = std::string("Europe/") + kCityWithoutWeather; break;
      default: event.rating = event.rating == "\"5\"" ? "\"1\"" : "\"5\""; break;
    }
    return event;
  }

  // What goes wrong in real files. The event is one that is known: it must stay as it is.
  static std::string refused(const Event& event, std::size_t turn) {
    std::string text = rendered(event);
    const std::string name = R"("segment_tracks.event_name":)";
    switch (turn % 8) {
      case 0: return text.substr(text.size() / 3);                                // its beginning was lost
      case 1: replace(text, name + quoted(event.name), name + "null"); break;
      case 2: replace(text, event.rating + '}', "\"6\"}"); break;                 // of five stars
      case 3: replace(text, time_text(event.at), "2019-05-13 25:00:00"); break;
      case 4: replace(text, quoted(event.version), quoted("3.0 caf\xE9")); break;  // not in UTF-8
      case 5: replace(text, name, R"("segment_tracks.name":)"); break;
      case 6: replace(text, event.zone, ""); break;                                // where?
      default: return text.substr(0, text.size() / 2);                            // its end was lost
    }
    return text;
  }

  std::size_t users_;
  std::uint64_t step_;
};

}  // namespace

void track_events(const Open& open, std::size_t rows) {
  const Generator generator(rows);
  std::ostream& out = open("track_events.json");
  out << '[';
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string text = generator.row(row);
    if (row + 1 < rows) {
      out << text << ",\n";
    } else {
      out << text.substr(0, text.size() / 2);
    }
  }
}

}  // namespace sluice::samples
