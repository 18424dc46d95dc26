#include "services/transform/core/group_table.h"

#include <algorithm>
#include <set>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace sluice::transform {
namespace {

constexpr std::uint8_t kFormat = 2;
constexpr std::size_t kGroupOverhead = 320;
constexpr std::size_t kEntryOverhead = 200;

std::string entry_state(std::int64_t count, std::string_view value) {
  std::string out;
  ByteWriter(out).signed_varint(count);
  out.append(value);
  return out;
}

}  // namespace

GroupTable::GroupTable(const ReportSpec& report, std::size_t cache_bytes)
    : report_(report), cache_bytes_(cache_bytes) {
  // The expressions take their cells from rows elsewhere; here aggregates only add and show.
  for (const FamilySpec& family : report.families) {
    families_.emplace_back(report.name, family, [](std::size_t column) { return column; });
  }
}

std::string GroupTable::group_key(std::uint32_t family, std::string_view key) const {
  std::string out(1, 'g');
  ByteWriter writer(out);
  writer.string(report_.name);
  writer.varint(family);
  out.append(key);
  return out;
}

std::string GroupTable::multiset_prefix(std::uint32_t family, std::string_view key,
                                        std::size_t aggregate) const {
  std::string out(1, 'm');
  ByteWriter writer(out);
  writer.string(report_.name);
  writer.varint(family);
  writer.string(key);
  writer.varint(aggregate);
  return out;
}

void GroupTable::load_groups(const std::vector<const Delta*>& deltas, const StateStore& store) {
  std::vector<std::string> keys;
  std::vector<Group*> missing;
  for (const Delta* delta : deltas) {
    if (delta->family >= families_.size()) {
      throw Unsafe("deltas of report '" + report_.name +
                   "' name a total that the definition does not have; put the old one back");
    }
    std::string key = group_key(delta->family, delta->group);
    if (groups_.contains(key)) continue;
    auto group = std::make_unique<Group>();
    group->family = delta->family;
    group->key = std::string(delta->group);
    group->values = families_[delta->family].zero();
    missing.push_back(group.get());
    bytes_ += 2 * key.size() + kGroupOverhead;
    groups_.emplace(key, std::move(group));
    keys.push_back(std::move(key));
  }
  if (missing.empty()) return;
  auto found = store.get_many(std::vector<std::string_view>(keys.begin(), keys.end()));
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (!found[i]) continue;
    std::tie(missing[i]->rows, missing[i]->values) = decode(missing[i]->family, *found[i]);
    missing[i]->committed = std::move(*found[i]);
  }
}

void GroupTable::load_entries(const std::vector<const Delta*>& deltas, const StateStore& store) {
  std::vector<std::string> keys;
  std::vector<std::pair<Entry*, std::string_view>> missing;
  std::vector<std::pair<Entry*, std::int64_t>> changes;
  for (const Delta* delta : deltas) {
    if (delta->kind != DeltaKind::kEntry) continue;
    const auto value = decode_entry(delta->payload);
    if (!value || value->aggregate >= families_[delta->family].size() ||
        !families_[delta->family].is_multiset(value->aggregate)) {
      throw Unsafe("a delta of report '" + report_.name +
                   "' has other aggregates than the definition");
    }
    std::string key = multiset_prefix(delta->family, delta->group, value->aggregate);
    key.append(value->order);
    auto [found, fresh] = entries_.try_emplace(key);
    Entry& entry = found->second;
    if (fresh) {
      entry.group = &group_of(*delta);
      entry.aggregate = value->aggregate;
      entry.value = std::string(value->value);
      bytes_ += key.size() + entry.value.size() + kEntryOverhead;
      missing.emplace_back(&entry, found->first);
    }
    changes.emplace_back(&entry, delta->weight);
  }
  if (!missing.empty()) {
    std::vector<std::string_view> wanted;
    for (const auto& [entry, key] : missing) wanted.push_back(key);
    const auto states = store.get_many(wanted);
    for (std::size_t i = 0; i < missing.size(); ++i) {
      if (!states[i]) continue;
      Entry& entry = *missing[i].first;
      entry.count = entry.committed = ByteCursor(*states[i]).signed_varint();
    }
  }
  for (const auto& [entry, weight] : changes) entry->count += weight;
}

GroupTable::Group& GroupTable::group_of(const Delta& delta) {
  return *groups_.find(group_key(delta.family, delta.group))->second;
}

void GroupTable::touch(Group& group) {
  if (group.touched) return;
  group.touched = true;
  touched_.emplace_back(group_key(group.family, group.key), &group);
}

void GroupTable::apply(const std::vector<const Delta*>& deltas, const StateStore& store) {
  load_groups(deltas, store);
  load_entries(deltas, store);
  for (const Delta* delta : deltas) {
    Group& group = group_of(*delta);
    touch(group);
    if (delta->kind != DeltaKind::kGroup) continue;
    const Aggregates& aggregates = families_[group.family];
    const auto change = aggregates.decode_change(delta->payload);
    if (!change) {
      throw Unsafe("a delta of report '" + report_.name +
                   "' has other aggregates than the definition: " + change.error().message);
    }
    group.rows += delta->weight;
    aggregates.add(group.values, *change);
  }
}

std::pair<std::int64_t, AggregateValues> GroupTable::decode(std::uint32_t family,
                                                            std::string_view state) const {
  ByteCursor reader(state);
  const std::uint8_t format = reader.u8();
  const std::int64_t rows = reader.signed_varint();
  auto values = families_[family].decode_state(reader.rest());
  if (format != kFormat || !reader.ok() || !values) {
    throw Unsafe("the state of a group of report '" + report_.name +
                 "' was written by another version of the program");
  }
  return {rows, std::move(*values)};
}

std::string GroupTable::encode(const Group& group) const {
  if (group.rows < 0) {
    throw Unsafe("a group of report '" + report_.name +
                 "' holds less than no row; its deltas contradict each other");
  }
  std::string out;
  if (group.rows == 0) {
    if (families_[group.family].is_zero(group.values)) return out;
    throw Unsafe("a group of report '" + report_.name +
                 "' holds no row but a value; its deltas contradict each other");
  }
  ByteWriter writer(out);
  writer.u8(kFormat);
  writer.signed_varint(group.rows);
  families_[group.family].encode_state(group.values, out);
  return out;
}

void GroupTable::each_value(
    const std::string& prefix, const StateStore& store,
    const std::function<bool(std::int64_t count, std::string_view value)>& each) const {
  auto open = entries_.lower_bound(prefix);
  const auto is_here = [&] { return open != entries_.end() && open->first.starts_with(prefix); };
  bool go_on = true;
  const auto take_open = [&] {
    if (open->second.count > 0) go_on = each(open->second.count, open->second.value);
    ++open;
  };
  store.scan(prefix, [&](std::string_view key, std::string_view state) {
    while (go_on && is_here() && open->first < key) take_open();
    if (!go_on) return false;
    if (is_here() && open->first == key) {
      take_open();
    } else {
      ByteCursor reader(state);
      const std::int64_t count = reader.signed_varint();
      go_on = each(count, reader.rest());
    }
    return go_on;
  });
  while (go_on && is_here()) take_open();
}

std::string GroupTable::result_of(const Group& group, std::size_t aggregate,
                                  const StateStore& store) const {
  const std::string prefix = multiset_prefix(group.family, group.key, aggregate);
  const Aggregates& aggregates = families_[group.family];
  std::int64_t all = 0;
  if (aggregates.needs_count(aggregate)) {
    each_value(prefix, store, [&](std::int64_t count, std::string_view) {
      all += count;
      return true;
    });
  }
  std::int64_t skip = aggregates.rank_of(aggregate, all);
  std::string result;
  each_value(prefix, store, [&](std::int64_t count, std::string_view value) {
    if (skip >= count) {
      skip -= count;
      return true;
    }
    result = std::string(value);
    return false;
  });
  return result;
}

void GroupTable::settle_multisets(const StateStore& store, std::vector<StateStore::Write>& state) {
  std::set<std::pair<Group*, std::size_t>> results;
  for (const auto& [key, entry] : entries_) {
    if (entry.count == entry.committed) continue;
    if (entry.count < 0) {
      throw Unsafe("a multiset of report '" + report_.name +
                   "' holds a value less than no times; its deltas contradict each other");
    }
    state.push_back({key, entry.count == 0
                              ? std::nullopt
                              : std::optional(entry_state(entry.count, entry.value))});
    if (!families_[entry.group->family].counts_distinct(entry.aggregate)) {
      results.emplace(entry.group, entry.aggregate);
    } else if ((entry.count > 0) != (entry.committed > 0)) {
      std::get<std::int64_t>(entry.group->values[entry.aggregate]) += entry.count > 0 ? 1 : -1;
    }
  }
  for (const auto& [group, aggregate] : results) {
    group->values[aggregate] = result_of(*group, aggregate, store);
  }
}

std::vector<const GroupTable::Group*> GroupTable::changes(const StateStore& store,
                                                          std::vector<StateStore::Write>& state) {
  settle_multisets(store, state);
  std::ranges::sort(touched_);
  std::vector<const Group*> out;
  for (const auto& [key, group] : touched_) {
    std::string value = encode(*group);
    if (value == group->committed) continue;
    out.push_back(group);
    state.push_back({key, value.empty() ? std::nullopt : std::optional(std::move(value))});
  }
  return out;
}

void GroupTable::settle() {
  for (const auto& [key, group] : touched_) {
    group->committed = encode(*group);
    group->touched = false;
  }
  touched_.clear();
  for (const auto& [key, entry] : entries_) {
    bytes_ -= key.size() + entry.value.size() + kEntryOverhead;
  }
  entries_.clear();
  if (bytes_ < cache_bytes_) return;
  groups_.clear();
  bytes_ = 0;
}

const GroupTable::Group* GroupTable::find(std::uint32_t family, std::string_view key,
                                          const StateStore& store) {
  Delta wanted;
  wanted.family = family;
  wanted.group = key;
  load_groups({&wanted}, store);
  const Group& group = group_of(wanted);
  return group.rows == 0 && group.committed.empty() ? nullptr : &group;
}

std::optional<AggregateValues> GroupTable::before(const Group& group) const {
  if (group.committed.empty()) return std::nullopt;
  return decode(group.family, group.committed).second;
}

void GroupTable::each(std::uint32_t family, const StateStore& store, const Each& each) const {
  const std::string prefix = group_key(family, "");
  for (const auto& [key, group] : touched_) {
    if (group->family != family) continue;
    const auto old = before(*group);
    each(group->key, old ? &*old : nullptr, group->rows > 0 ? &group->values : nullptr);
  }
  store.scan(prefix, [&](std::string_view key, std::string_view state) {
    const auto loaded = groups_.find(key);
    if (loaded != groups_.end() && loaded->second->touched) return true;
    const AggregateValues values = decode(family, state).second;
    each(key.substr(prefix.size()), &values, &values);
    return true;
  });
}

}  // namespace sluice::transform
