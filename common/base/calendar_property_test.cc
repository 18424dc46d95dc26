// Calendar windows in the zones that make trouble: half-hour shifts, midnights that do not exist, a
// day that was skipped, summer time that is really winter time.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/base/calendar.h"

namespace sluice {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr WindowUnit kUnits[] = {WindowUnit::kHour,  WindowUnit::kDay,     WindowUnit::kWeek,
                                 WindowUnit::kMonth, WindowUnit::kQuarter, WindowUnit::kYear};
constexpr const char* kZones[] = {
    "UTC",          "Europe/Paris",        "Europe/Dublin",    "America/New_York", "America/Havana",
    "Asia/Kolkata", "America/Sao_Paulo",   "Asia/Kathmandu",   "Pacific/Apia",     "Asia/Tehran",
    "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"};

TimeZone any_zone() {
  return TimeZone::find(kZones[*rc::gen::inRange<std::size_t>(0, std::size(kZones))]).value();
}

// 1900 to 2037 to the second, often close to a clock change of the zone.
Instant any_instant(const TimeZone& zone) {
  std::int64_t at = *rc::gen::inRange<std::int64_t>(-2'208'988'800, 2'145'916'800) * kSecond;
  if (!*rc::gen::arbitrary<bool>()) return {at};
  // Towards a change: halve the distance to a moment with another offset.
  std::int64_t other = at + 200 * 86'400 * kSecond;
  const std::int64_t offset = zone.offset_seconds({at});
  if (zone.offset_seconds({other}) == offset) return {at};
  while (other - at > kSecond) {
    const std::int64_t middle = at + (other - at) / 2 / kSecond * kSecond;
    (zone.offset_seconds({middle}) == offset ? at : other) = middle;
  }
  return {other + *rc::gen::inRange<std::int64_t>(-10'000, 10'000) * kSecond};
}

CalendarWindow any_window(const TimeZone& zone) {
  return {kUnits[*rc::gen::inRange<std::size_t>(0, std::size(kUnits))],
          static_cast<Weekday>(*rc::gen::inRange(0, 7)), zone};
}

RC_GTEST_PROP(CalendarProperty, ALabelHoldsUntilTheWindowsEndAndNoLonger, ()) {
  const TimeZone zone = any_zone();
  const CalendarWindow window = any_window(zone);
  const Instant event = any_instant(zone);
  const Instant end = window_end(window, event);
  const std::string label = window_label(window, "", event);
  RC_LOG() << zone.name() << " " << to_string(event) << " " << label << " ends " << to_string(end);
  RC_ASSERT(end > event);
  RC_ASSERT(window_label(window, "", Instant{end.micros - 1}) == label);
  RC_ASSERT(window_label(window, "", end) != label);
  const Instant between{*rc::gen::inRange(event.micros, end.micros)};
  RC_ASSERT(window_label(window, "", between) == label);
  RC_ASSERT(window_end(window, between) == end);
}

RC_GTEST_PROP(CalendarProperty, ADateFallsInTheWindowOfItsFirstMoment, ()) {
  const TimeZone zone = any_zone();
  const CalendarWindow window = any_window(zone);
  RC_PRE(window.unit != WindowUnit::kHour);
  const Date date = zone.local_date(any_instant(zone));
  const Instant start = zone.start_of(date);
  RC_ASSERT(zone.local_date(start) == date);
  RC_ASSERT(zone.local_date(Instant{start.micros - 1}) != date);
  RC_ASSERT(window_label(window, "", date) == window_label(window, "", start));
  RC_ASSERT(window_end(window, date) == window_end(window, start));
}

RC_GTEST_PROP(CalendarProperty, AWeekBeginsOnItsDayAndHasSeven, (std::uint32_t days)) {
  const Date date{static_cast<std::int32_t>(days % 3'000'000) - 719'155};  // from 0001-01-08
  const auto first = static_cast<Weekday>(*rc::gen::inRange(0, 7));
  const CalendarWindow week{WindowUnit::kWeek, first, TimeZone::utc()};
  const Date start = parse_iso_date(window_label(week, "", date)).value();
  // 1970-01-01 was a Thursday.
  RC_ASSERT(((start.days + 3) % 7 + 7) % 7 == static_cast<int>(first));
  RC_ASSERT(start <= date && date.days - start.days < 7);
}

RC_GTEST_PROP(CalendarProperty, DatesArePrintedAndReadBack, (std::uint32_t days)) {
  const Date date{static_cast<std::int32_t>(days % 3'652'059) - 719'162};  // 0001 to 9999
  RC_ASSERT(parse_iso_date(to_string(date)) == date);
}

RC_GTEST_PROP(CalendarProperty, InstantsArePrintedAndReadBack, ()) {
  const Instant at{
      *rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'800'000'000)};
  RC_ASSERT(parse_iso_instant(to_string(at)) == at);
}

RC_GTEST_PROP(CalendarProperty, ALocalTimeIsTheFirstMomentThatShowsIt, ()) {
  const TimeZone zone = any_zone();
  const Instant at = any_instant(zone);
  // What a clock on the wall shows at that moment.
  std::string local = to_string(Instant{at.micros + zone.offset_seconds(at) * kSecond});
  local.pop_back();
  const auto read = parse_instant(local, "%Y-%m-%dT%H:%M:%S", zone);
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read <= at);
  RC_ASSERT(read->micros + zone.offset_seconds(*read) * kSecond ==
            at.micros + zone.offset_seconds(at) * kSecond);
}

RC_GTEST_PROP(CalendarProperty, AnyTextIsReadOrRefused, (const std::string& text)) {
  const std::string format = *rc::gen::elementOf(
      std::vector<std::string>{"%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%Y%m%dT%H%M%S%z", "%", "%%%Y", "%x", ""});
  if (const auto date = parse_date(text, format)) to_string(*date);
  if (const auto at = parse_instant(text, format, TimeZone::utc())) to_string(*at);
}

}  // namespace
}  // namespace sluice
