#pragma once
// The changes of one transaction, summed up per group of each report before they leave the task.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/model/delta_frame.h"
#include "services/transform/core/aggregates.h"
#include "services/transform/core/family_keys.h"
#include "services/transform/core/report_scope.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

class GroupDeltas {
 public:
  // A report and where its relation's columns stand in the rows that add() gets. Outlives this.
  struct Source {
    const ReportSpec* report = nullptr;
    std::function<std::size_t(std::size_t)> place_of;
  };
  explicit GroupDeltas(const std::vector<Source>& sources);

  // `weight` equal rows of the source's relation more, or fewer.
  void add(std::size_t source, const RelationRow& row, std::int64_t weight);

  // Adds the deltas to the partitions' frames, in byte order of the groups; changes that cancelled out
  // are left out. Empties this.
  void take(std::vector<FrameWriter>& partitions);
  void clear();
  std::size_t bytes() const { return bytes_; }

 private:
  struct Group {
    std::int64_t rows = 0;
    AggregateValues change;
  };
  struct Family {
    FamilyKeys keys;
    ExpressionPtr where;
    Aggregates aggregates;
    StringMap<Group> groups;
    // Values of multisets, by the group's key with its length before it, then the delta's payload.
    StringMap<std::int64_t> entries;
  };
  struct Report {
    const ReportSpec* spec;
    ReportScope scope;
    std::vector<Family> families;
  };
  void add_entries(Family& family, const RelationRow& row, std::int64_t weight);
  static void take_groups(const Report& report, std::uint32_t number, const Family& family,
                          std::vector<FrameWriter>& partitions);
  static void take_entries(const Report& report, std::uint32_t number, const Family& family,
                           std::vector<FrameWriter>& partitions);

  std::vector<Report> reports_;
  Evaluator evaluator_;
  std::string key_;  // scratch
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
