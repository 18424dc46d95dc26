#include "services/transform/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace sluice::transform {

void Telemetry::records_committed(const std::string& dataset, const RecordCounts& counts) {
  const auto count = [&](const metric::Counter<1>& counter, std::uint64_t number) {
    metrics_.counter(counter, dataset).Increment(static_cast<double>(number));
  };
  count(metric::kRecordsProcessedTotal, counts.processed);
  count(metric::kRecordsNewTotal, counts.records);
  count(metric::kRecordsCorrectionsTotal, counts.corrections);
  count(metric::kRecordsDuplicatesTotal, counts.duplicates);
  count(metric::kRecordsPoisonedTotal, counts.poisoned);
  count(metric::kRecordsLateTotal, counts.late);
}

void Telemetry::watermark(const std::string& dataset, std::int64_t ms) {
  metrics_.gauge(metric::kWatermarkTimestampSeconds, dataset).Set(static_cast<double>(ms) / 1e3);
}

void Telemetry::groups_changed(const std::string& report, std::uint64_t groups) {
  metrics_.counter(metric::kGroupsChangedTotal, report).Increment(static_cast<double>(groups));
}

}  // namespace sluice::transform
