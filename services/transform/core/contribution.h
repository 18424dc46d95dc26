#pragma once
// What one record adds to one report: which group, and how much of each measure. Compiled from the
// report's definition; pure but for a cache of window labels, so one thread uses one object.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "common/definition/definition.h"
#include "services/transform/core/accumulators.h"
#include "services/transform/core/projection.h"

namespace sluice::transform {

class Contribution {
 public:
  // All three outlive this.
  Contribution(const Dataset& dataset, const ReportSpec& report, const Projection& projection);

  const ReportSpec& report() const { return report_; }
  const Measures& measures() const { return measures_; }

  // Writes the record's group (group_key.h) over `out`.
  void group_of(const Projection::Columns& record, std::string& out);

  // When the record's window closes for punctual records, before any allowed lateness; nullopt
  // if the report has no window or the record no event time.
  std::optional<Instant> window_end_of(const Projection::Columns& record);

 private:
  struct Window {
    std::string label;  // as an encoded cell
    Instant end;
  };
  const Window* window_of(const Cell& event);

  const ReportSpec& report_;
  Measures measures_;
  std::vector<std::size_t> group_places_;  // kWindowPlace stands for the window's label
  std::size_t event_place_ = Projection::kUnused;
  boost::unordered_flat_map<std::int64_t, Window> windows_;  // by days or microseconds
};

// The event time as an instant (a date is its midnight UTC), for watermarks; nullopt if null.
std::optional<Instant> event_instant(const Cell& cell);

}  // namespace sluice::transform
