#pragma once
// When the windows of a dataset's reports close for an event, and whether an event comes too late for them. Pure.
// Remembers ends, so one thread uses one object.

#include <cstdint>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "common/base/calendar.h"
#include "common/definition/definition.h"
#include "common/model/cell.h"

namespace sluice {

class WindowEnds {
 public:
  explicit WindowEnds(const Dataset& dataset);
  // The end (exclusive) of the shortest window that holds the event, before any allowed lateness; nullopt: it has no time,
  // or no report a window.
  std::optional<Instant> first_end(const Cell& event);
  // The same of an event time as a message carries it: of a date its midnight in UTC.
  std::optional<Instant> first_end_ms(std::int64_t event_ms);
  // Whether the window was complete before the event came: its end, and the allowed lateness behind that, lie before the
  // watermark or on it.
  bool is_late(const Cell& event, std::optional<std::int64_t> watermark_ms);
  bool is_late_ms(std::int64_t event_ms, std::optional<std::int64_t> watermark_ms);

 private:
  bool is_late(std::optional<Instant> end, std::int64_t watermark_ms) const;
  bool by_date_;
  std::int64_t lateness_us_;
  std::vector<CalendarWindow> windows_;  // different ones
  boost::unordered_flat_map<std::int64_t, Instant> ends_;  // by days or microseconds
};

}  // namespace sluice
