#pragma once
// What a family of a report keeps per group. Counts and sums are elements of abelian groups: what was
// added can be taken back, and the order of changes does not matter. The other kinds (distinct, min, max,
// first, last, percentile) are read off a multiset of values, which is one too: each value stands in the
// state by itself with how often it occurs, and the group keeps only the result.
//
// Everything here is exact. A sum that does not fit throws Unsafe: a wrong one is never kept.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/definition/report.h"
#include "common/expression/evaluator.h"

namespace sluice::transform {

// A count or sum; or the result of a multiset as an encoded cell (cell_bytes.h), empty for none.
using Aggregate = std::variant<std::int64_t, Decimal, std::string>;
// One per aggregate of the family, in its order.
using AggregateValues = std::vector<Aggregate>;

// One value of a multiset.
struct MultisetEntry {
  std::size_t aggregate = 0;
  std::string_view order;  // sorts the multiset so that the result is found from its beginning
  std::string_view value;  // the encoded cell that the result shows
};
// As a delta's payload: views into it.
std::string encode(const MultisetEntry& entry);
Result<MultisetEntry> decode_entry(std::string_view payload);

// The aggregates of one family, compiled. Columns in the expressions are places in the rows given.
class Aggregates {
 public:
  Aggregates(const std::string& report, const FamilySpec& family,
             const std::function<std::size_t(std::size_t)>& place_of);

  std::size_t size() const { return aggregates_.size(); }
  bool has_multisets() const { return has_multisets_; }
  bool is_multiset(std::size_t aggregate) const;
  bool counts_distinct(std::size_t aggregate) const;
  // Of a percentile: which of `count` values in order (from 0) it is; 0 for the other kinds.
  std::int64_t rank_of(std::size_t aggregate, std::int64_t count) const;
  bool needs_count(std::size_t aggregate) const;

  AggregateValues zero() const;
  bool is_zero(const AggregateValues& value) const;  // counts and sums alone

  // Adds what `weight` equal rows contribute to counts and sums. A null adds nothing; the sum of
  // nothing is zero.
  void add_row(AggregateValues& to, std::span<const Cell> row, std::int64_t weight,
               Evaluator& evaluator) const;
  // What the row adds to multisets; the views are valid during the call.
  void each_entry(std::span<const Cell> row, Evaluator& evaluator,
                  const std::function<void(const MultisetEntry&)>& each) const;
  void add(AggregateValues& to, const AggregateValues& change) const;

  // A delta's payload: counts and sums only. Equal values give equal bytes.
  void encode_change(const AggregateValues& value, std::string& out) const;
  Result<AggregateValues> decode_change(std::string_view bytes) const;
  // With the results of multisets, for the state.
  void encode_state(const AggregateValues& value, std::string& out) const;
  Result<AggregateValues> decode_state(std::string_view bytes) const;

  // What expressions see; strings are views into `value`.
  Cell shown(const AggregateValues& value, std::size_t aggregate) const;

 private:
  struct Compiled {
    AggregateKind kind = AggregateKind::kCount;
    ExpressionPtr value, where;
    std::vector<ExpressionPtr> by;
    Decimal fraction;
    std::string name;  // "report, aggregate 2", for messages
  };
  [[noreturn]] static void overflow(const Compiled& aggregate);

  std::vector<Compiled> aggregates_;
  bool has_multisets_ = false;
};

}  // namespace sluice::transform
