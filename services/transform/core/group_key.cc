#include "services/transform/core/group_key.h"

#include "common/base/partitioning.h"
#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {

Result<std::vector<Cell>> read_group(const ReportSpec& report, std::string_view group) {
  ByteReader reader(group);
  std::vector<Cell> cells;
  for (const ReportColumn& column : report.columns) {
    if (column.kind != ReportColumnKind::kMeasure) cells.push_back(read_cell(reader));
  }
  if (!reader.ok() || !reader.at_end()) {
    return fail("the bytes are not a group of report '" + report.name + "'");
  }
  return cells;
}

std::int32_t partition_of_group(std::string_view report, std::string_view group,
                                std::int32_t partitions) {
  if (partitions == 1) return 0;
  thread_local std::string both;
  both.assign(report);
  both.append(group);
  return partition_of(both, partitions);
}

}  // namespace sluice::transform
