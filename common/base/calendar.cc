#include "common/base/calendar.h"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <array>

namespace sluice {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: an offset may push a written date past them.
constexpr std::int64_t kFirstSecond = -62'135'596'800;
constexpr std::int64_t kLastSecond = 253'402'300'799;

// POSIX: 69 to 99 are of the last century, 00 to 68 of this one.
constexpr int kFirstTwoDigitYear = 69;

const date::time_zone* zone_of(const void* zone) {
  return static_cast<const date::time_zone*>(zone);
}

date::sys_seconds seconds_of(Instant at) {
  return date::sys_seconds{std::chrono::seconds{
      at.micros >= 0 ? at.micros / kMicrosPerSecond
                     : (at.micros - (kMicrosPerSecond - 1)) / kMicrosPerSecond}};
}

Instant instant_of(date::sys_seconds at) {
  return {at.time_since_epoch().count() * kMicrosPerSecond};
}

Date date_of(date::local_days d) {
  return {static_cast<std::int32_t>(d.time_since_epoch().count())};
}

// A local moment to the second, as read from a text.
struct Fields {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::int64_t micros = 0;
  bool has_offset = false;
  int offset_seconds = 0;
};

bool digits(std::string_view& text, int count, int& value) {
  if (text.size() < static_cast<std::size_t>(count)) return false;
  value = 0;
  for (int i = 0; i < count; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(static_cast<std::size_t>(count));
  return true;
}

bool fraction(std::string_view& text, std::int64_t& micros) {
  if (text.empty() || text.front() != '.') return true;
  text.remove_prefix(1);
  int read = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9';
       text.remove_prefix(1), ++read) {
    if (read == 6) return false;
    micros = micros * 10 + (text.front() - '0');
  }
  if (read == 0) return false;
  for (; read < 6; ++read) micros *= 10;
  return true;
}

bool offset(std::string_view& text, Fields& out) {
  out.has_offset = true;
  if (!text.empty() && text.front() == 'Z') {
    text.remove_prefix(1);
    return true;
  }
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  const int sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  int hours = 0, minutes = 0;
  if (!digits(text, 2, hours)) return false;
  if (!text.empty() && text.front() == ':') text.remove_prefix(1);
  if (!digits(text, 2, minutes) || hours > 18 || minutes > 59) return false;
  out.offset_seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

bool conversion(char kind, std::string_view& text, Fields& out) {
  switch (kind) {
    case 'Y':
      return digits(text, 4, out.year);
    case 'y':
      if (!digits(text, 2, out.year)) return false;
      out.year += out.year < kFirstTwoDigitYear ? 2000 : 1900;
      return true;
    case 'm':
      return digits(text, 2, out.month);
    case 'd':
      return digits(text, 2, out.day);
    case 'H':
      return digits(text, 2, out.hour) && out.hour < 24;
    case 'M':
      return digits(text, 2, out.minute) && out.minute < 60;
    case 'S':
      return digits(text, 2, out.second) && out.second < 60 && fraction(text, out.micros);
    case 'z':
      return offset(text, out);
    case '%':
      if (text.empty() || text.front() != '%') return false;
      text.remove_prefix(1);
      return true;
    default:
      return false;
  }
}

bool parse(std::string_view text, std::string_view format, Fields& out) {
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '%' && i + 1 < format.size()) {
      if (!conversion(format[++i], text, out)) return false;
    } else {
      if (text.empty() || text.front() != format[i]) return false;
      text.remove_prefix(1);
    }
  }
  return text.empty();
}

std::optional<date::local_days> checked_day(const Fields& f) {
  const date::year_month_day ymd{date::year{f.year}, date::month{static_cast<unsigned>(f.month)},
                                 date::day{static_cast<unsigned>(f.day)}};
  if (f.year < 1 || !ymd.ok()) return std::nullopt;
  return date::local_days{ymd};
}

date::local_seconds local_time(const TimeZone& zone, Instant at) {
  return date::local_seconds{seconds_of(at).time_since_epoch() +
                             std::chrono::seconds{zone.offset_seconds(at)}};
}

// First local day of the day, week, month, quarter or year that holds `day`.
date::local_days first_day(const CalendarWindow& window, date::local_days day) {
  const date::year_month_day ymd{day};
  switch (window.unit) {
    case WindowUnit::kHour:
    case WindowUnit::kDay:
      return day;
    case WindowUnit::kWeek: {
      // iso_encoding: Monday 1 .. Sunday 7; Weekday::kMonday is 0.
      const int today = static_cast<int>(date::weekday{day}.iso_encoding()) - 1;
      const int back = (today - static_cast<int>(window.week_starts_on) + 7) % 7;
      return day - date::days{back};
    }
    case WindowUnit::kMonth:
      return date::local_days{ymd.year() / ymd.month() / 1};
    case WindowUnit::kQuarter: {
      const unsigned month = (static_cast<unsigned>(ymd.month()) - 1) / 3 * 3 + 1;
      return date::local_days{ymd.year() / date::month{month} / 1};
    }
    case WindowUnit::kYear:
      return date::local_days{ymd.year() / 1 / 1};
  }
  return day;
}

date::local_days next_first_day(const CalendarWindow& window, date::local_days start) {
  const date::year_month_day ymd{start};
  switch (window.unit) {
    case WindowUnit::kHour:
    case WindowUnit::kDay:
      return start + date::days{1};
    case WindowUnit::kWeek:
      return start + date::days{7};
    case WindowUnit::kMonth:
      return date::local_days{(ymd.year() / ymd.month() + date::months{1}) / 1};
    case WindowUnit::kQuarter:
      return date::local_days{(ymd.year() / ymd.month() + date::months{3}) / 1};
    case WindowUnit::kYear:
      return date::local_days{(ymd.year() + date::years{1}) / 1 / 1};
  }
  return start;
}

std::string_view usual_pattern(WindowUnit unit) {
  switch (unit) {
    case WindowUnit::kHour:
      return "%Y-%m-%dT%H";
    case WindowUnit::kDay:
    case WindowUnit::kWeek:
      return "%Y-%m-%d";
    case WindowUnit::kMonth:
      return "%Y-%m";
    case WindowUnit::kQuarter:
      return "%Y-Q%q";
    case WindowUnit::kYear:
      return "%Y";
  }
  return "%Y-%m-%d";
}

void append_padded(std::string& out, int value, int width) {
  char text[12];
  int at = 12;
  for (int i = 0; i < width || value != 0; ++i) {
    text[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(text + at, static_cast<std::size_t>(12 - at));
}

std::string label(std::string_view pattern, date::local_days day, int hour) {
  const date::year_month_day ymd{day};
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
      case 'Y':
        append_padded(out, static_cast<int>(ymd.year()), 4);
        break;
      case 'm':
        append_padded(out, static_cast<int>(static_cast<unsigned>(ymd.month())), 2);
        break;
      case 'd':
        append_padded(out, static_cast<int>(static_cast<unsigned>(ymd.day())), 2);
        break;
      case 'H':
        append_padded(out, hour, 2);
        break;
      case 'q':
        append_padded(out, static_cast<int>((static_cast<unsigned>(ymd.month()) - 1) / 3 + 1), 1);
        break;
      default:
        out += pattern[i];
        break;
    }
  }
  return out;
}

}  // namespace

std::optional<Date> parse_date(std::string_view text, std::string_view format) {
  Fields f;
  if (!parse(text, format, f)) return std::nullopt;
  const auto day = checked_day(f);
  if (!day) return std::nullopt;
  return date_of(*day);
}

std::optional<Instant> parse_instant(std::string_view text, std::string_view format,
                                     const TimeZone& zone) {
  Fields f;
  if (!parse(text, format, f)) return std::nullopt;
  const auto day = checked_day(f);
  if (!day) return std::nullopt;
  const std::int64_t seconds_of_day = f.hour * 3600 + f.minute * 60 + f.second;
  const date::local_seconds local{day->time_since_epoch() + std::chrono::seconds{seconds_of_day}};
  std::int64_t utc = 0;
  if (f.has_offset) {
    utc = local.time_since_epoch().count() - f.offset_seconds;
  } else {
    const date::local_info info = zone_of(zone.zone_)->get_info(local);
    // A skipped time moves forward by the gap; of a repeated one the earlier counts. Both are what
    // the offset before the change gives.
    utc = local.time_since_epoch().count() - info.first.offset.count();
  }
  if (utc < kFirstSecond || utc > kLastSecond) return std::nullopt;
  return Instant{utc * kMicrosPerSecond + f.micros};
}

std::string to_string(Date d) { return label("%Y-%m-%d", date::local_days{date::days{d.days}}, 0); }

std::string to_string(Instant at) {
  const date::sys_seconds seconds = seconds_of(at);
  const auto day = date::floor<date::days>(seconds);
  const auto of_day = static_cast<int>((seconds - day).count());
  std::string out = to_string(Date{static_cast<std::int32_t>(day.time_since_epoch().count())});
  out += 'T';
  append_padded(out, of_day / 3600, 2);
  out += ':';
  append_padded(out, of_day / 60 % 60, 2);
  out += ':';
  append_padded(out, of_day % 60, 2);
  const auto micros = at.micros - seconds.time_since_epoch().count() * kMicrosPerSecond;
  if (micros != 0) {
    out += '.';
    append_padded(out, static_cast<int>(micros), 6);
    while (out.back() == '0') out.pop_back();
  }
  out += 'Z';
  return out;
}

std::optional<Date> parse_iso_date(std::string_view text) { return parse_date(text, "%Y-%m-%d"); }

std::optional<Instant> parse_iso_instant(std::string_view text) {
  return parse_instant(text, "%Y-%m-%dT%H:%M:%S%z", TimeZone::utc());
}

Result<TimeZone> TimeZone::find(std::string_view name) {
  try {
    return TimeZone(date::locate_zone(std::string(name)));
  } catch (const std::runtime_error&) {
    return fail(fmt::format(
        "there is no time zone \"{}\" in the IANA database; write it like Europe/Paris", name));
  }
}

TimeZone TimeZone::utc() {
  static const date::time_zone* const zone = date::locate_zone("Etc/UTC");
  return TimeZone(zone);
}

std::string_view TimeZone::name() const { return zone_of(zone_)->name(); }

std::int64_t TimeZone::offset_seconds(Instant at) const {
  return zone_of(zone_)->get_info(seconds_of(at)).offset.count();
}

Date TimeZone::local_date(Instant at) const {
  return date_of(date::floor<date::days>(local_time(*this, at)));
}

Instant TimeZone::start_of(Date local) const {
  const date::local_seconds midnight{date::local_days{date::days{local.days}}};
  const date::local_info info = zone_of(zone_)->get_info(midnight);
  std::int64_t utc = midnight.time_since_epoch().count() - info.first.offset.count();
  // Where a clock change skips midnight the day begins at the change.
  if (info.result == date::local_info::nonexistent) utc = info.first.end.time_since_epoch().count();
  return Instant{utc * kMicrosPerSecond};
}

std::string window_label(const CalendarWindow& window, std::string_view pattern, Date event) {
  const date::local_days start = first_day(window, date::local_days{date::days{event.days}});
  return label(pattern.empty() ? usual_pattern(window.unit) : pattern, start, 0);
}

std::string window_label(const CalendarWindow& window, std::string_view pattern, Instant event) {
  const date::local_seconds local = local_time(window.zone, event);
  const date::local_days day = date::floor<date::days>(local);
  const int hour =
      window.unit == WindowUnit::kHour ? static_cast<int>((local - day).count() / 3600) : 0;
  return label(pattern.empty() ? usual_pattern(window.unit) : pattern, first_day(window, day),
               hour);
}

Instant window_end(const CalendarWindow& window, Date event) {
  const date::local_days start = first_day(window, date::local_days{date::days{event.days}});
  return window.zone.start_of(date_of(next_first_day(window, start)));
}

Instant window_end(const CalendarWindow& window, Instant event) {
  if (window.unit == WindowUnit::kHour) {
    // One second after the hour's last one. Where clocks go back an hour is lived twice under one
    // label, so it ends with its second pass; where they go forward it may be cut short.
    const auto hour = date::floor<std::chrono::hours>(local_time(window.zone, event));
    const date::local_seconds last = hour + std::chrono::seconds{3599};
    const date::local_info info = zone_of(window.zone.zone_)->get_info(last);
    if (info.result == date::local_info::nonexistent) return instant_of(info.first.end);
    const bool twice = info.result == date::local_info::ambiguous;
    const auto since_epoch = last.time_since_epoch() - (twice ? info.second : info.first).offset;
    return instant_of(date::sys_seconds{since_epoch} + std::chrono::seconds{1});
  }
  return window_end(window, window.zone.local_date(event));
}

}  // namespace sluice
