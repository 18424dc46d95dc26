#include "services/transform/core/group_deltas.h"

#include <algorithm>

#include "services/transform/core/group_key.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kGroupOverhead = 160;

}  // namespace

GroupDeltas::GroupDeltas(const Dataset& dataset, const Projection& projection) {
  reports_.reserve(dataset.reports.size());
  for (const ReportSpec& report : dataset.reports) {
    reports_.push_back({Contribution(dataset, report, projection), {}});
  }
}

void GroupDeltas::add(const Projection::Columns& record, bool take_back) {
  for (Report& report : reports_) {
    report.contribution.group_of(record, group_);
    auto found = report.groups.find(std::string_view(group_));
    if (found == report.groups.end()) {
      bytes_ += group_.size() + kGroupOverhead;
      found = report.groups.emplace(group_, Delta{0, report.contribution.measures().zero()}).first;
    }
    Delta& delta = found->second;
    delta.rows += take_back ? -1 : 1;
    report.contribution.measures().add_record(delta.change, record.cells, take_back);
  }
}

std::optional<Instant> GroupDeltas::first_window_end(const Projection::Columns& record) {
  std::optional<Instant> first;
  for (Report& report : reports_) {
    const auto end = report.contribution.window_end_of(record);
    if (end && (!first || *end < *first)) first = end;
  }
  return first;
}

std::vector<std::vector<std::string>> GroupDeltas::take_frames(std::int32_t partitions,
                                                               const FrameHead& head) {
  std::vector<FrameWriter> writers(static_cast<std::size_t>(partitions));
  std::string accumulators;
  std::vector<std::pair<std::string_view, const Delta*>> ordered;
  for (const Report& report : reports_) {
    const Measures& measures = report.contribution.measures();
    const std::string& name = report.contribution.report().name;
    ordered.clear();
    for (const auto& [group, delta] : report.groups) {
      if (delta.rows != 0 || !measures.is_zero(delta.change)) ordered.emplace_back(group, &delta);
    }
    std::ranges::sort(ordered, {}, [](const auto& one) { return one.first; });
    for (const auto& [group, delta] : ordered) {
      accumulators.clear();
      measures.encode(delta->change, accumulators);
      const auto to = static_cast<std::size_t>(partition_of_group(name, group, partitions));
      writers[to].add({name, group, delta->rows, accumulators});
    }
  }
  std::vector<std::vector<std::string>> frames;
  for (FrameWriter& writer : writers) frames.push_back(writer.finish(head));
  clear();
  return frames;
}

void GroupDeltas::clear() {
  for (Report& report : reports_) report.groups.clear();
  bytes_ = 0;
}

}  // namespace sluice::transform
