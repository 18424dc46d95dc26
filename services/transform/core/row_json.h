#pragma once
// A report's row as the rows topic carries it.
//   key   = JSON array of the key columns' values, in the order of the columns
//   value = JSON object of all columns in order, then "_revision"
// Decimals are plain JSON numbers; a sum of money has its currency's digits, never fewer.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "services/transform/core/accumulators.h"

namespace sluice::transform {

struct RowJson {
  std::string key;
  std::string value;  // empty for a row that is gone
};

// `values` is null for a row that is gone. Fails if `group` is no group of the report.
Result<RowJson> write_row(const ReportSpec& report, const Measures& measures,
                          std::string_view group, const Accumulators* values,
                          std::uint64_t revision);

}  // namespace sluice::transform
