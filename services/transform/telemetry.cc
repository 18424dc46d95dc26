#include "services/transform/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace sluice::transform {

void Telemetry::records_committed(const std::string& dataset, const RecordCounts& counts,
                                  std::optional<std::int64_t> watermark_ms) {
  const Labels labels{{"dataset", dataset}};
  const struct {
    const char *name, *help;
    std::uint64_t count;
  } counters[] = {
      {"sluice_records_processed_total", "Messages of records topics processed", counts.processed},
      {"sluice_records_new_total", "Records whose key did not count before", counts.records},
      {"sluice_records_corrections_total", "Records that differ from what counted for their key",
       counts.corrections},
      {"sluice_records_duplicates_total", "Records equal to what counts for their key",
       counts.duplicates},
      {"sluice_records_poisoned_total", "Messages of records topics that are no records",
       counts.poisoned},
      {"sluice_records_late_total", "Records behind their closed window, counted and applied",
       counts.late},
  };
  for (const auto& one : counters) {
    metrics_.counter(one.name, one.help, labels).Increment(static_cast<double>(one.count));
  }
  if (!watermark_ms) return;
  metrics_
      .gauge("sluice_watermark_timestamp_seconds",
             "Event time up to which the dataset's files are complete", labels)
      .Set(static_cast<double>(*watermark_ms) / 1e3);
}

void Telemetry::groups_changed(const std::string& report, std::uint64_t groups) {
  metrics_
      .counter("sluice_groups_changed_total", "Rows of reports written or removed",
               {{"report", report}})
      .Increment(static_cast<double>(groups));
}

}  // namespace sluice::transform
