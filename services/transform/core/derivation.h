#pragma once
// What a report's derivation makes of all rows of one entity: a pure function from the set of rows that
// stand now. The report's changes are the difference between what it gives after a transaction and
// before, so late rows, corrections and deletions need no rules of their own.

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "common/definition/report.h"
#include "common/expression/evaluator.h"

namespace sluice::transform {

// A row of the entity (entity_rows.h) and how often it occurs.
struct Member {
  std::string_view payload;
  std::int64_t weight = 0;
};

class Derivation {
 public:
  // The report, which has a derivation, outlives this; `columns` of its dataset.
  Derivation(const ReportSpec& report, std::size_t columns);

  // Where the relation's column stands in the rows that derive() gives: the carried columns, then the
  // derived ones.
  std::size_t place_of(std::size_t column) const;

  // In an order that only the members decide. Views are valid during the call.
  using Each = std::function<void(std::span<const Cell> row, std::int64_t weight)>;
  void derive(std::span<const Member> members, const Each& each);

 private:
  struct Row {
    std::vector<Cell> cells;  // carried, then derived
    std::int64_t weight = 0;
    std::string order;
    std::int64_t number = 0;  // alternative, or month
  };
  std::vector<Row> read_own(std::span<const Member> members, bool is_lookup) const;
  ExpressionPtr placed(const ExpressionPtr& expression) const;

  void previous(const PreviousSpec& spec, std::span<const Member> members, const Each& each);
  void trailing(const TrailingSpec& spec, std::span<const Member> members, const Each& each);
  void pairs(const PairsSpec& spec, std::span<const Member> members, const Each& each);
  void rollup(const RollupSpec& spec, std::span<const Member> members, const Each& each);
  void lookup(const LookupSpec& spec, std::span<const Member> members, const Each& each);

  const ReportSpec& report_;
  std::size_t columns_;
  Evaluator evaluator_;
};

}  // namespace sluice::transform
