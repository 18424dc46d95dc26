#include "services/transform/core/group_deltas.h"

#include <algorithm>

#include "common/base/bytes.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kGroupOverhead = 160;

template <typename Map>
auto in_order(const Map& map) {
  std::vector<std::pair<std::string_view, const typename Map::mapped_type*>> out;
  out.reserve(map.size());
  for (const auto& [key, value] : map) out.emplace_back(key, &value);
  std::ranges::sort(out, {}, [](const auto& one) { return one.first; });
  return out;
}

}  // namespace

GroupDeltas::GroupDeltas(const std::vector<Source>& sources) {
  for (const Source& source : sources) {
    Report report{source.report, ReportScope(*source.report), {}};
    for (const FamilySpec& family : source.report->families) {
      report.families.push_back(
          {FamilyKeys(family, source.place_of),
           family.where == nullptr ? nullptr : renumbered(family.where, source.place_of),
           Aggregates(source.report->name, family, source.place_of),
           {},
           {}});
    }
    reports_.push_back(std::move(report));
  }
}

void GroupDeltas::add(std::size_t source, const RelationRow& row, std::int64_t weight) {
  for (Family& family : reports_[source].families) {
    if (family.where != nullptr && !evaluator_.is_true(*family.where, row.cells)) continue;
    family.keys.write(row, evaluator_, key_);
    auto found = family.groups.find(std::string_view(key_));
    if (found == family.groups.end()) {
      bytes_ += key_.size() + kGroupOverhead;
      found = family.groups.emplace(key_, Group{0, family.aggregates.zero()}).first;
    }
    found->second.rows += weight;
    family.aggregates.add_row(found->second.change, row.cells, weight, evaluator_);
    if (family.aggregates.has_multisets()) add_entries(family, row, weight);
  }
  evaluator_.clear();
}

void GroupDeltas::add_entries(Family& family, const RelationRow& row, std::int64_t weight) {
  std::string name;
  ByteWriter(name).string(key_);
  const std::size_t stem = name.size();
  family.aggregates.each_entry(row.cells, evaluator_, [&](const MultisetEntry& entry) {
    name.resize(stem);
    name.append(encode(entry));
    auto [found, fresh] = family.entries.try_emplace(name, 0);
    if (fresh) bytes_ += name.size() + kGroupOverhead;
    found->second += weight;
  });
}

void GroupDeltas::take_groups(const Report& report, std::uint32_t number, const Family& family,
                              std::vector<FrameWriter>& partitions) {
  const auto count = static_cast<std::int32_t>(partitions.size());
  std::string payload;
  for (const auto& [key, group] : in_order(family.groups)) {
    if (group->rows == 0 && family.aggregates.is_zero(group->change)) continue;
    payload.clear();
    family.aggregates.encode_change(group->change, payload);
    const auto to = static_cast<std::size_t>(report.scope.partition_of(number, key, count));
    partitions[to].add({DeltaKind::kGroup, report.spec->name, number, key, group->rows, payload});
  }
}

void GroupDeltas::take_entries(const Report& report, std::uint32_t number, const Family& family,
                               std::vector<FrameWriter>& partitions) {
  const auto count = static_cast<std::int32_t>(partitions.size());
  for (const auto& [name, weight] : in_order(family.entries)) {
    if (*weight == 0) continue;
    ByteCursor reader(name);
    const std::string_view key = reader.string();
    const auto to = static_cast<std::size_t>(report.scope.partition_of(number, key, count));
    partitions[to].add(
        {DeltaKind::kEntry, report.spec->name, number, key, *weight, reader.rest()});
  }
}

void GroupDeltas::take(std::vector<FrameWriter>& partitions) {
  for (const Report& report : reports_) {
    for (std::size_t f = 0; f < report.families.size(); ++f) {
      const auto number = static_cast<std::uint32_t>(f);
      take_groups(report, number, report.families[f], partitions);
      take_entries(report, number, report.families[f], partitions);
    }
  }
  clear();
}

void GroupDeltas::clear() {
  for (Report& report : reports_) {
    for (Family& family : report.families) {
      family.groups.clear();
      family.entries.clear();
    }
  }
  bytes_ = 0;
}

}  // namespace sluice::transform
