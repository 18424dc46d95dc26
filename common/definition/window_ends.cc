#include "common/definition/window_ends.h"

#include <algorithm>
#include <set>
#include <string>

namespace sluice {
namespace {

// A day's end is asked for by every event of that day; instants repeat less and are forgotten.
constexpr std::size_t kCachedEnds = 8192;
constexpr std::int64_t kMillisPerDay = 86'400'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

WindowEnds::WindowEnds(const Dataset& dataset)
    : by_date_(dataset.event_time && dataset.columns[*dataset.event_time].type == ColumnType::kDate),
      lateness_us_(dataset.allowed_lateness_seconds * 1'000'000) {
  if (!dataset.event_time) return;
  std::set<std::string> known;
  for (const ReportSpec& report : dataset.reports) {
    if (!report.window) continue;
    const CalendarWindow& calendar = report.window->calendar;
    const std::string same = std::to_string(static_cast<int>(calendar.unit)) +
                             std::to_string(static_cast<int>(calendar.week_starts_on)) +
                             std::string(calendar.zone.name());
    if (known.insert(same).second) windows_.push_back(calendar);
  }
}

std::optional<Instant> WindowEnds::first_end(const Cell& event) {
  if (windows_.empty()) return std::nullopt;
  const auto* date = std::get_if<Date>(&event);
  const auto* instant = std::get_if<Instant>(&event);
  if (date == nullptr && instant == nullptr) return std::nullopt;
  const std::int64_t moment = date != nullptr ? std::int64_t{date->days} : instant->micros;
  const auto found = ends_.find(moment);
  if (found != ends_.end()) return found->second;
  if (ends_.size() >= kCachedEnds) ends_.clear();
  std::optional<Instant> first;
  for (const CalendarWindow& window : windows_) {
    const Instant end = date != nullptr ? window_end(window, *date) : window_end(window, *instant);
    if (!first || end < *first) first = end;
  }
  return ends_.emplace(moment, *first).first->second;
}

std::optional<Instant> WindowEnds::first_end_ms(std::int64_t event_ms) {
  if (!by_date_) return first_end(Cell{Instant{event_ms * 1000}});
  return first_end(Cell{Date{static_cast<decltype(Date::days)>(floor_div(event_ms, kMillisPerDay))}});
}

bool WindowEnds::is_late(const Cell& event, std::optional<std::int64_t> watermark_ms) {
  return watermark_ms && is_late(first_end(event), *watermark_ms);
}

bool WindowEnds::is_late_ms(std::int64_t event_ms, std::optional<std::int64_t> watermark_ms) {
  return watermark_ms && is_late(first_end_ms(event_ms), *watermark_ms);
}

bool WindowEnds::is_late(std::optional<Instant> end, std::int64_t watermark_ms) const {
  return end && end->micros + lateness_us_ <= watermark_ms * 1000;
}

}  // namespace sluice
