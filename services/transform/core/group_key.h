#pragma once
// The bytes that name a group of a report: its key columns' cells, in the order of the report's
// columns (groups, the window's label, the currencies of sums). Equal groups have equal bytes on
// every machine, because they also choose the partition.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/model/cell.h"

namespace sluice::transform {

// The cells of the columns that are not measures, in the report's order; views into `group`.
Result<std::vector<Cell>> read_group(const ReportSpec& report, std::string_view group);

// What chooses a delta's partition: the same group of two reports may go to two partitions.
std::int32_t partition_of_group(std::string_view report, std::string_view group,
                                std::int32_t partitions);

}  // namespace sluice::transform
