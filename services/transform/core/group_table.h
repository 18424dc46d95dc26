#pragma once
// The groups of one report's families as the open transaction sees them: a cache over the local store,
// which is written only after the commit.
//
//   'g' report:string family:varint group                            format:u8 rows:signed aggregates
//   'm' report:string family:varint group:string aggregate:varint order   count:signed value
//
// The second kind are the values of multisets, each by itself, so that a group with a million of them
// costs what changes.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/report.h"
#include "common/model/delta_frame.h"
#include "common/ports/state_store.h"
#include "services/transform/core/aggregates.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

class GroupTable {
 public:
  // The report outlives this. Beyond `cache_bytes` the groups in memory are dropped after a commit.
  GroupTable(const ReportSpec& report, std::size_t cache_bytes);

  // Adds deltas, all of this report.
  void apply(const std::vector<const Delta*>& deltas, const StateStore& store);

  struct Group {
    std::uint32_t family = 0;
    std::string key;  // encoded cells
    std::int64_t rows = 0;
    AggregateValues values;
    std::string committed;  // encoded; empty: there was none
    bool touched = false;
  };
  // Brings the results of multisets up to date, and gives the state's changes and the groups that
  // differ from the committed ones, in byte order. Valid until settle() or apply().
  std::vector<const Group*> changes(const StateStore& store, std::vector<StateStore::Write>& state);
  void settle();

  // The group, loaded if need be; null: there is none.
  const Group* find(std::uint32_t family, std::string_view key, const StateStore& store);
  // Each group of a family that stands before or after the open transaction, in no order; views are
  // valid during the call. Null: it did not stand then, or will not.
  using Each = std::function<void(std::string_view key, const AggregateValues* before,
                                  const AggregateValues* after)>;
  void each(std::uint32_t family, const StateStore& store, const Each& each) const;
  // The group's values as committed; nullopt: there was none.
  std::optional<AggregateValues> before(const Group& group) const;

  const ReportSpec& report() const { return report_; }
  const Aggregates& aggregates(std::uint32_t family) const { return families_.at(family); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::int64_t count = 0;
    std::int64_t committed = 0;
    std::string value;
    Group* group = nullptr;
    std::size_t aggregate = 0;
  };
  std::string group_key(std::uint32_t family, std::string_view key) const;
  std::string multiset_prefix(std::uint32_t family, std::string_view key,
                              std::size_t aggregate) const;
  void load_groups(const std::vector<const Delta*>& deltas, const StateStore& store);
  void load_entries(const std::vector<const Delta*>& deltas, const StateStore& store);
  Group& group_of(const Delta& delta);
  void touch(Group& group);
  std::pair<std::int64_t, AggregateValues> decode(std::uint32_t family, std::string_view state) const;
  std::string encode(const Group& group) const;
  void settle_multisets(const StateStore& store, std::vector<StateStore::Write>& state);
  // The multiset's values that are there, in order, until `each` returns false.
  void each_value(const std::string& prefix, const StateStore& store,
                  const std::function<bool(std::int64_t count, std::string_view value)>& each) const;
  std::string result_of(const Group& group, std::size_t aggregate, const StateStore& store) const;

  const ReportSpec& report_;
  std::size_t cache_bytes_;
  std::vector<Aggregates> families_;
  StringMap<std::unique_ptr<Group>> groups_;  // by state key
  std::vector<std::pair<std::string, Group*>> touched_;
  std::map<std::string, Entry, std::less<>> entries_;  // of the open transaction, by state key
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
