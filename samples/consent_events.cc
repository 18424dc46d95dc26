#include "samples/consent_events.h"

#include "common/base/json_text.h"

namespace sluice::samples {
namespace {

struct Hour {
  const char* name;
  const char* start;
};
constexpr std::array<Hour, 2> kHours = {{{"2021-01-23-10", "2021-01-23T10:00:00Z"},
                                         {"2021-01-23-11", "2021-01-23T11:00:00Z"}}};
constexpr std::array<const char*, 3> kDomains = {"www.example.com", "news.example.org", "shop.example.net"};
constexpr std::array<const char*, 4> kCountries = {"FR", "ES", "DE", "IT"};
constexpr std::array<const char*, 6> kTypes = {"pageview", "pageview", "pageview",
                                               "pageview", "consent.asked", "consent.given"};

struct Event {
  std::size_t id = 0;
  Instant at;
  std::string domain, type, user, country;
  std::string token;
};

std::string token(const char* vendors, const char* purposes) {
  return print(R"({"vendors":{"enabled":[%s],"disabled":[]},"purposes":{"enabled":[%s],"disabled":[]}})",
               vendors, purposes);
}

std::string token_of(Random& random) {
  switch (random.below(4)) {
    case 0: return token("", "");
    case 1: return token(R"("Vendor1")", "");  // a vendor alone is no consent
    case 2: return token("", R"("analytics")");
    default: return token(R"("Vendor1","Vendor2")", R"("analytics","ads")");
  }
}

std::string json(const std::string& text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string rendered(const Event& event) {
  return "{\"id\":" + json(identifier("c05e", event.id)) + ",\"datetime\":" + json(time_text(event.at)) +
         ",\"domain\":" + json(event.domain) + ",\"type\":" + json(event.type) + ",\"user\":{\"id\":" +
         json(event.user) + ",\"country\":" + json(event.country) + ",\"token\":" + json(event.token) + "}}";
}

class Generator {
 public:
  explicit Generator(std::size_t rows) : rows_(rows) {}

  std::size_t first_of(std::size_t hour) const { return rows_ * hour / kHours.size(); }
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
  Event event(std::size_t row) const {
    Random random(20210123, row);
    const std::size_t hour = row < first_of(1) ? 0 : 1;
    Event made;
    made.id = row;
    made.at = seconds_after(kHours[hour].start, random.below(3600));
    const std::size_t user = random.below(rows_ / 5 + 1);
    made.user = identifier("05e4", user);
    made.country = kCountries[user % kCountries.size()];
    made.domain = random.of(kDomains);
    made.type = random.of(kTypes);
    made.token = token_of(random);
    return made;
  }

  static Event corrected(Event event, std::size_t turn) {
    constexpr std::int64_t kMinute = 60'000'000;
    event.token = token("", R"("personalisation")");
    switch (turn % 3) {
      case 0: event.at.micros += kMinute; break;  // later: counts
      case 1: event.at.micros -= kMinute; break;  // older: loses
      default: event.type = "consent.given"; break;  // at the same time: the later delivery counts
    }
    return event;
  }

  // What goes wrong in real files. The event is one that is known: it must stay as it is.
  static std::string refused(Event event, std::size_t turn) {
    switch (turn % 8) {
      case 0: event.type = "click"; break;
      case 1: event.token = "none"; break;
      case 2: event.token = R"({"vendors":{"enabled":[],"disabled":[]}})"; break;
      case 3: event.domain.clear(); break;
      case 4: return "{\"id\":" + json(identifier("c05e", event.id)) + ",\"datetime\":";  // cut off
      case 5: return "null";                                                            // not an object
      case 6: event.domain = "caf\xE9.example.com"; break;                              // not in UTF-8
      default: return "{\"id\":" + json(identifier("c05e", event.id)) +
                      ",\"datetime\":\"2021-01-23 10:61:00\",\"domain\":\"www.example.com\"," +
                      "\"type\":\"pageview\",\"user\":null}";
    }
    return rendered(event);
  }

  std::size_t rows_;
};

}  // namespace

void consent_events(const Open& open, std::size_t rows) {
  const Generator generator(rows);
  for (std::size_t hour = 0; hour < kHours.size(); ++hour) {
    std::ostream& out = open(print("datehour=%s/part-00000-%s.c000.json", kHours[hour].name,
                                   identifier("fa11", hour).c_str()));
    for (std::size_t row = generator.first_of(hour); row < generator.first_of(hour + 1); ++row) {
      if (row > generator.first_of(hour)) out << '\n';
      out << generator.row(row);
    }
  }
}

}  // namespace sluice::samples
