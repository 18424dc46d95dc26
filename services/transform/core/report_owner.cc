#include "services/transform/core/report_owner.h"

#include "common/base/error.h"

namespace sluice::transform {
namespace {

bool was_ever_written(LogReader& reader, const std::string& topic, std::int32_t partitions) {
  for (std::int32_t p = 0; p < partitions; ++p) {
    if (reader.end_offset({topic, p}) > 0) return true;
  }
  return false;
}

}  // namespace

void check_reports_are_its_own(Log& log, const Topics& topics, const Dataset& dataset) {
  const auto reader = log.reader();
  for (const ReportSpec& report : dataset.reports) {
    // Whoever writes rows, or only takes their partitions over, does the same with its state.
    if (!was_ever_written(*reader, topics.rows(report.name), dataset.partitions) ||
        was_ever_written(*reader, topics.state(dataset.name), dataset.partitions)) {
      continue;
    }
    throw Unsafe("report '" + report.name + "' has rows that another dataset than '" + dataset.name +
                 "' has made, and the two would be mixed; give the report another name in " +
                 dataset.path);
  }
}

}  // namespace sluice::transform
