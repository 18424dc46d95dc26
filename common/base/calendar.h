#pragma once
// Dates, instants and calendar windows in an IANA time zone. Pure: the zone database is read-only.
// Civil-date algorithms: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (his date
// library does the work).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sluice {

// Days since 1970-01-01. Years 0001 to 9999.
struct Date {
  std::int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};

// Microseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t micros = 0;
  auto operator<=>(const Instant&) const = default;
};

// Parses the whole of `text` by a strptime-like format; anything left over is a failure.
// Conversions: %Y (four digits) %y (two: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068) %m %d %H %M %S (two digits each; %S takes a fraction of up to 6
// digits after '.') %z ("Z", "+02:00", "+0200"). Every other character stands for itself. 31 April,
// 29 February of a common year and 24:00 are refused.
std::optional<Date> parse_date(std::string_view text, std::string_view format);

class TimeZone;
struct CalendarWindow;
// Same; a text with %z is an instant by itself, one without is local time in `zone`. A local time
// that a clock change skips is moved forward by the gap; one that occurs twice is the earlier. An
// instant outside the years 0001 to 9999 of UTC is a failure.
std::optional<Instant> parse_instant(std::string_view text, std::string_view format,
                                     const TimeZone& zone);

std::string to_string(Date date);        // 2017-01-31
std::string to_string(Instant instant);  // 2017-01-31T23:59:59Z, fraction only if not zero
std::optional<Date> parse_iso_date(std::string_view text);
std::optional<Instant> parse_iso_instant(std::string_view text);

// A named zone of the IANA database; copied freely, valid for ever.
class TimeZone {
 public:
  static Result<TimeZone> find(std::string_view name);  // "UTC", "Europe/Paris"
  static TimeZone utc();
  std::string_view name() const;
  Date local_date(Instant at) const;
  std::int64_t offset_seconds(Instant at) const;  // local - UTC
  // The instant at which the local calendar day begins.
  Instant start_of(Date local) const;

 private:
  explicit TimeZone(const void* zone) : zone_(zone) {}
  const void* zone_;
  friend std::optional<Instant> parse_instant(std::string_view, std::string_view, const TimeZone&);
  friend Instant window_end(const CalendarWindow&, Instant);
};

enum class WindowUnit { kHour, kDay, kWeek, kMonth, kQuarter, kYear };
enum class Weekday { kMonday, kTuesday, kWednesday, kThursday, kFriday, kSaturday, kSunday };

// A tumbling calendar window: the piece of local time that an event falls in. `start` names it.
struct CalendarWindow {
  WindowUnit unit = WindowUnit::kMonth;
  Weekday week_starts_on = Weekday::kMonday;
  TimeZone zone = TimeZone::utc();
};

// The label of the window that holds the event, by a strftime-like pattern of the window's first
// local moment (%Y %m %d %H, %q quarter 1..4). An empty pattern is the unit's usual form:
// hour 2017-01-31T05, day and week 2017-01-31, month 2017-01, quarter 2017-Q1, year 2017.
std::string window_label(const CalendarWindow& window, std::string_view pattern, Date event);
std::string window_label(const CalendarWindow& window, std::string_view pattern, Instant event);

// The instant at which the window that holds the event ends (exclusive), for lateness: the same for
// all events of one label, also where clocks go back and an hour is lived twice.
Instant window_end(const CalendarWindow& window, Date event);
Instant window_end(const CalendarWindow& window, Instant event);

}  // namespace sluice
