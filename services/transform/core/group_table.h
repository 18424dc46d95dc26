#pragma once
// The report groups of one stage 2 task as its open transaction sees them: a cache over the local store,
// which is written only after the commit.
//
//   key   = 'g' report:string group          value = format:u8 rows:signed accumulators

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/delta_frame.h"
#include "common/ports/state_store.h"
#include "services/transform/core/accumulators.h"
#include "services/transform/core/projection.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

inline constexpr char kGroupKeyPrefix = 'g';

class GroupTable {
 public:
  // The dataset outlives this.
  explicit GroupTable(const Dataset& dataset);

  // Adds the deltas, loading their groups first. Unsafe if a delta is of no report or measure here.
  void apply(const std::vector<GroupDelta>& deltas, const StateStore& store);

  struct Change {
    const ReportSpec* report = nullptr;
    const Measures* measures = nullptr;
    std::string_view key;       // in the state
    std::string_view group;     // group_key.h
    std::string value;          // encoded, empty: the group is gone
    const Accumulators* accumulators = nullptr;
  };
  // The groups whose value differs from the committed one, in byte order of their keys; views are
  // valid until settle() or the next apply(). Unsafe if a group holds less than nothing.
  std::vector<Change> changes() const;
  // The changes are committed.
  void settle();

  // Of what is loaded and changed.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Group {
    std::size_t report = 0;
    std::size_t group_at = 0;  // where the group's bytes begin in the key
    std::int64_t rows = 0;
    Accumulators values;
    std::string committed;     // encoded; empty: there was none
    bool touched = false;
  };
  struct Report {
    const ReportSpec* spec;
    Measures measures;
  };
  std::size_t report_named(std::string_view name) const;
  void load(const std::vector<GroupDelta>& deltas, const StateStore& store);
  void decode(Group& group, std::string_view key, std::string value) const;
  std::string encode(const Group& group) const;

  std::vector<Report> reports_;
  StringMap<std::unique_ptr<Group>> groups_;
  std::vector<std::pair<std::string, Group*>> touched_;
  std::vector<std::string> keys_;  // scratch: of the deltas being applied
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
