// Dates and times, by the formats of definitions.

#include <string>

#include "common/base/calendar.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

namespace {

const TimeZone& zone(std::size_t number) {
  static const TimeZone zones[] = {TimeZone::utc(), TimeZone::find("Europe/Paris").value(),
                                   TimeZone::find("America/St_Johns").value(),
                                   TimeZone::find("Pacific/Apia").value(), TimeZone::find("Asia/Kolkata").value()};
  return zones[number % std::size(zones)];
}

void check_date(Date date) {
  const std::string text = to_string(date);
  LAW("a date has four digits for the year", text.size() == 10);
  LAW("a date that is printed parses to the same", parse_iso_date(text) == date);
}

void check_instant(Instant at) {
  LAW("an instant that is printed parses to the same", parse_iso_instant(to_string(at)) == at);
}

// What holds for every window that an event falls in.
template <typename Event>
void check_window(const CalendarWindow& window, std::string_view pattern, Event event) {
  const Instant end = window_end(window, event);
  LAW("a window has a name", !window_label(window, "", event).empty());
  if (!pattern.empty()) window_label(window, pattern, event);
  if constexpr (std::is_same_v<Event, Instant>) LAW("an event lies before its window's end", event < end);
}

}  // namespace

// A zone and a window, then a line each: a format, a text, a label's pattern.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const TimeZone& local = zone(choices.byte());
  const CalendarWindow window{static_cast<WindowUnit>(choices.below(6)), static_cast<Weekday>(choices.below(7)), local};
  const std::string_view format = choices.line(), text = choices.line(), pattern = choices.line();
  if (const auto date = parse_iso_date(text)) check_date(*date);
  if (const auto at = parse_iso_instant(text)) check_instant(*at);
  if (const auto date = parse_date(text, format)) {
    check_date(*date);
    check_window(window, pattern, *date);
  }
  if (const auto at = parse_instant(text, format, local)) {
    check_instant(*at);
    check_window(window, pattern, *at);
    const std::int64_t offset = local.offset_seconds(*at);
    LAW("a zone is less than a day apart from UTC", offset > -93'600 && offset < 93'600);
    LAW("a day begins before its end", local.start_of(local.local_date(*at)) <= *at);
  }
  return 0;
}
