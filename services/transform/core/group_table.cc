#include "services/transform/core/group_table.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace sluice::transform {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kGroupOverhead = 256;
// Beyond this the cache is dropped after a commit.
constexpr std::size_t kMaxCachedBytes = 32U << 20;

}  // namespace

GroupTable::GroupTable(const Dataset& dataset) {
  // Measures take their cells from a record elsewhere; here they only add and show.
  const Projection projection(dataset);
  for (const ReportSpec& report : dataset.reports) {
    reports_.push_back({&report, Measures(report, dataset.columns, projection.place_of())});
  }
}

std::size_t GroupTable::report_named(std::string_view name) const {
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    if (reports_[i].spec->name == name) return i;
  }
  throw Unsafe("deltas of a report '" + std::string(name) +
               "' came, which the definition does not have; put the old definition back");
}

void GroupTable::load(const std::vector<GroupDelta>& deltas, const StateStore& store) {
  keys_.resize(deltas.size());
  std::vector<std::string_view> missing;
  for (std::size_t i = 0; i < deltas.size(); ++i) {
    std::string& key = keys_[i];
    key.assign(1, kGroupKeyPrefix);
    ByteWriter(key).string(deltas[i].report);
    const std::size_t group_at = key.size();
    key.append(deltas[i].group);
    if (groups_.contains(key)) continue;
    auto group = std::make_unique<Group>();
    group->report = report_named(deltas[i].report);
    group->group_at = group_at;
    group->values = reports_[group->report].measures.zero();
    groups_.emplace(key, std::move(group));
    missing.push_back(key);
    bytes_ += key.size() + kGroupOverhead;
  }
  if (missing.empty()) return;
  auto found = store.get_many(missing);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (found[i]) decode(*groups_.find(missing[i])->second, missing[i], std::move(*found[i]));
  }
}

void GroupTable::apply(const std::vector<GroupDelta>& deltas, const StateStore& store) {
  load(deltas, store);
  for (std::size_t i = 0; i < deltas.size(); ++i) {
    Group& group = *groups_.find(keys_[i])->second;
    const Measures& measures = reports_[group.report].measures;
    const auto change = measures.decode(deltas[i].accumulators);
    if (!change) {
      throw Unsafe("a delta of report '" + reports_[group.report].spec->name +
                   "' has other measures than the definition: " + change.error().message);
    }
    group.rows += deltas[i].rows;
    measures.add(group.values, *change);
    if (group.touched) continue;
    group.touched = true;
    touched_.emplace_back(keys_[i], &group);
  }
}

void GroupTable::decode(Group& group, std::string_view key, std::string value) const {
  ByteReader reader(value);
  const std::uint8_t format = reader.u8();
  group.rows = reader.signed_varint();
  auto values = reports_[group.report].measures.decode(reader.rest());
  if (format != kFormat || !reader.ok() || !values) {
    throw Unsafe("the state of a group of report '" + reports_[group.report].spec->name +
                 "' (" + std::to_string(key.size()) +
                 " bytes of key) was written by another version of the program");
  }
  group.values = std::move(*values);
  group.committed = std::move(value);
}

std::string GroupTable::encode(const Group& group) const {
  const Report& report = reports_[group.report];
  if (group.rows < 0) {
    throw Unsafe("a group of report '" + report.spec->name +
                 "' holds less than no record; its deltas contradict each other");
  }
  std::string out;
  if (group.rows == 0) {
    if (report.measures.is_zero(group.values)) return out;
    throw Unsafe("a group of report '" + report.spec->name +
                 "' holds no record but a value; its deltas contradict each other");
  }
  ByteWriter writer(out);
  writer.u8(kFormat);
  writer.signed_varint(group.rows);
  report.measures.encode(group.values, out);
  return out;
}

std::vector<GroupTable::Change> GroupTable::changes() const {
  std::vector<Change> out;
  for (const auto& [key, group] : touched_) {
    std::string value = encode(*group);
    if (value == group->committed) continue;
    const Report& report = reports_[group->report];
    out.push_back({report.spec, &report.measures, key,
                   std::string_view(key).substr(group->group_at), std::move(value),
                   &group->values});
  }
  std::ranges::sort(out, {}, &Change::key);
  return out;
}

void GroupTable::settle() {
  for (const auto& [key, group] : touched_) {
    group->committed = encode(*group);
    group->touched = false;
  }
  touched_.clear();
  if (bytes_ < kMaxCachedBytes) return;
  groups_.clear();
  bytes_ = 0;
}

}  // namespace sluice::transform
