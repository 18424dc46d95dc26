#include "services/transform/core/report_scope.h"

#include <algorithm>

#include "common/base/partitioning.h"
#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {

ReportScope::ReportScope(const ReportSpec& report) : report_(report.name) {
  plain_ = report.references.size() == 1 && !report.top;
  places_.resize(report.families.size());
  if (plain_ || report.top) return;
  // The group's cells that every total is per, each at one place of its family's key.
  for (std::size_t cell = 0; cell < report.groups.size(); ++cell) {
    std::vector<std::size_t> at(report.families.size());
    std::vector<bool> seen(report.families.size(), false);
    at[0] = cell;
    seen[0] = true;
    bool shared = true;
    for (std::size_t r = 1; r < report.references.size() && shared; ++r) {
      const FamilyReference& reference = report.references[r];
      const auto found = std::ranges::find(reference.group_at, cell);
      shared = found != reference.group_at.end();
      if (!shared) break;
      const auto place = static_cast<std::size_t>(found - reference.group_at.begin());
      shared = !seen[reference.family] || at[reference.family] == place;
      at[reference.family] = place;
      seen[reference.family] = true;
    }
    if (!shared) continue;
    for (std::size_t family = 0; family < at.size(); ++family) places_[family].push_back(at[family]);
  }
}

std::int32_t ReportScope::partition_of(std::uint32_t family, std::string_view key,
                                       std::int32_t partitions) const {
  if (partitions == 1) return 0;
  thread_local std::string both;
  both.assign(report_);
  if (plain_) {
    both.append(key);
  } else if (!places_.at(family).empty()) {
    ByteCursor reader(key);
    std::vector<std::string_view> cells;
    while (reader.ok() && !reader.at_end()) {
      const std::string_view before = reader.rest();
      read_cell(reader);
      cells.push_back(before.substr(0, before.size() - reader.rest().size()));
    }
    for (const std::size_t place : places_[family]) both.append(cells.at(place));
  }
  return sluice::partition_of(both, partitions);
}

}  // namespace sluice::transform
