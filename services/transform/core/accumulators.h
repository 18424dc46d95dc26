#pragma once
// What a report keeps per group and measure: elements of abelian groups, so that what was added can be
// taken back and the order of changes does not matter. A kind is a row of functions in the .cc;
// callers never look inside an Accumulator, so further kinds (min, max, distinct, percentiles as
// multisets) are further alternatives of the variant.
//
// Everything here is exact: counts of 64 bits, sums of 38 digits, of integers too. A result that does not fit throws Unsafe: a wrong sum is never kept.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/model/cell.h"

namespace sluice::transform {

using Accumulator = std::variant<std::int64_t, Decimal>;
// One per measure of a report, in its order.
using Accumulators = std::vector<Accumulator>;

// The measures of one report, compiled.
class Measures {
 public:
  // `cell_of[column]` is the place of a Dataset column in the cells that add_record gets.
  Measures(const ReportSpec& report, const std::vector<ColumnSpec>& columns,
           const std::vector<std::size_t>& cell_of);

  Accumulators zero() const;
  bool is_zero(const Accumulators& value) const;

  // Adds what one record contributes, or takes it back. A null adds nothing; the sum of nothing
  // is zero.
  void add_record(Accumulators& to, std::span<const Cell> cells, bool take_back) const;
  void add(Accumulators& to, const Accumulators& change) const;
  Accumulators negate(const Accumulators& value) const;

  // Equal values give equal bytes.
  void encode(const Accumulators& value, std::string& out) const;
  // Fails on bytes that are not of these measures.
  Result<Accumulators> decode(std::string_view bytes) const;

  // What the report's row shows for a measure.
  Cell shown(const Accumulators& value, std::size_t measure) const;

 private:
  enum class Kind { kCount, kSumOfIntegers, kSumOfDecimals };
  struct Measure {
    Kind kind;
    std::size_t cell;
    std::string name;  // "report.measure", for messages
  };
  [[noreturn]] static void overflow(const Measure& measure);

  std::vector<Measure> measures_;
};

}  // namespace sluice::transform
