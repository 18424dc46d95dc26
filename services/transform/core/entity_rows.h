#pragma once
// What a record gives to the reports that are made of all records of an entity: one or more rows, each
// addressed to an entity of a report. A row's payload:
//
//   port:u8 ...
//   port 0, the report's own dataset: [alternative as a cell, of a lookup] carried cells
//   port 1, the dataset that is looked up: order:string taken cells
//
// A record that no alternative of a lookup has a key for goes to the entity with the empty key, where
// nothing is ever found.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"
#include "common/expression/evaluator.h"
#include "common/model/delta_frame.h"
#include "services/transform/core/family_keys.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

inline constexpr std::uint8_t kOwnPort = 0;
inline constexpr std::uint8_t kLookedUpPort = 1;

// The rows of one dataset's records for one repartition topic of entities. One thread uses one.
class EntityRows {
 public:
  // For the reports of `target` (the dataset itself, or one that looks its records up); `place_of`
  // says where the dataset's columns stand in the records given. The dataset outlives this.
  EntityRows(const Dataset& dataset, const std::string& target, std::int32_t partitions,
             const std::function<std::size_t(std::size_t)>& place_of);

  void add(const RelationRow& record, std::int64_t weight);
  void take(std::vector<FrameWriter>& partitions);
  void clear();
  std::size_t bytes() const { return bytes_; }
  const std::string& target() const { return target_; }
  std::int32_t partitions() const { return partitions_; }

 private:
  struct Own {
    std::string report;
    std::vector<std::vector<ExpressionPtr>> keys;  // one, or the alternatives of a lookup
    bool is_lookup = false;
    std::vector<std::size_t> carried;  // places
  };
  struct LookedUp {
    std::string report;
    std::vector<ExpressionPtr> key;
    std::vector<OrderExpression> pick;
    std::vector<ExpressionPtr> tie, take;
  };
  void add_own(const Own& own, const RelationRow& record, std::int64_t weight);
  void add_looked_up(const LookedUp& to, const RelationRow& record, std::int64_t weight);
  // False if a part is null.
  bool write_key(const std::vector<ExpressionPtr>& key, const RelationRow& record,
                 bool nulls_allowed);
  void append(const ExpressionPtr& expression, const RelationRow& record, std::string& out);
  void add_row(const std::string& report, std::int64_t weight);

  std::string target_;
  std::int32_t partitions_;
  std::vector<Own> own_;
  std::vector<LookedUp> looked_up_;
  Evaluator evaluator_;
  StringMap<std::int64_t> rows_;  // by report, key and payload
  std::string key_, payload_, name_;  // scratch
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
