#pragma once
// A report's row as the rows topic carries it.
//   key   = JSON array of the key columns' values, in the order of the columns
//   value = JSON object of all columns in order, then "_revision"
// Decimals are plain JSON numbers; a sum of money has its currency's digits, never fewer.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/report.h"
#include "common/expression/evaluator.h"

namespace sluice::transform {

struct RowJson {
  std::string key;
  std::string value;  // without its end: append_revision() closes it
};

// What measures and orders see: the group's cells, then the aggregates of each reference. The group is
// encoded; fails if it is not one of the report.
Result<std::vector<Cell>> read_group(const ReportSpec& report, std::string_view group);

// `context` begins with the group's cells. `rank` stands in the rank column of a top.
RowJson write_row(const ReportSpec& report, const std::vector<Cell>& context, std::int64_t rank,
                  Evaluator& evaluator);
// The key alone, of a row that is gone: a group's, or a rank's.
std::string write_key(const ReportSpec& report, const std::vector<Cell>& group, std::int64_t rank);
void append_revision(std::string& value, std::uint64_t revision);

}  // namespace sluice::transform
