#include "services/loader/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include "common/telemetry/log.h"

namespace sluice::loader {

void Telemetry::committed(const Target& target, std::uint64_t messages, const Written& written,
                          double seconds) {
  const auto count = [&](const char* op, std::uint64_t number) {
    metrics_.counter(metric::kLoadRowsTotal, target.table.name, op).Increment(static_cast<double>(number));
  };
  const std::uint64_t changed = written.upserted + written.deleted + written.poisoned;
  count("upsert", written.upserted);
  count("delete", written.deleted);
  count("poison", written.poisoned);
  count("skip", messages > changed ? messages - changed : 0);
  metrics_.seconds(metric::kLoadBatchDurationSeconds, target.table.name).Observe(seconds);
  if (target.report != nullptr && written.upserted + written.deleted > 0) {
    metrics_.gauge(metric::kReportFreshnessTimestampSeconds, target.report->name).SetToCurrentTime();
  }
  if (written.poisoned > 0) {
    log::warning("messages could not be loaded and are dead letters now",
                 {{"table", target.table.name}, {"messages", written.poisoned}});
  }
}

void Telemetry::replay_ended(const std::string& dataset, const std::string& outcome) {
  metrics_.counter(metric::kReplaysTotal, dataset, outcome).Increment();
}

void Telemetry::replay_behind(const std::string& dataset, std::int64_t messages) {
  metrics_.gauge(metric::kReplayRemainingMessages, dataset).Set(static_cast<double>(messages));
}

void Telemetry::rows_readable(const Target& target, double oldest_seconds) {
  metrics_.seconds(metric::kRowFreshnessSeconds, target.report->name).Observe(oldest_seconds);
}

void Telemetry::receipt_readable(const FileEntry& receipt, double seconds) {
  metrics_.seconds(metric::kFileFreshnessSeconds, receipt.file.dataset.empty() ? "none" : receipt.file.dataset)
      .Observe(seconds);
  if (receipt.accounted_rows() == receipt.rows) return;
  metrics_.counter(metric::kReceiptsUnbalancedTotal).Increment();
  log::error("a receipt came as done and does not balance", {{"file", receipt.file.id},
                                                            {"rows", receipt.rows},
                                                            {"records", receipt.records},
                                                            {"corrections", receipt.corrections},
                                                            {"duplicates", receipt.duplicates},
                                                            {"dead_letters", receipt.dead_letters()}});
}

void Telemetry::written(const std::vector<ReportSpec>& csv, const std::vector<ReportSpec>& exported) {
  for (const ReportSpec& report : csv) metrics_.counter(metric::kExportsTotal, report.name);
  for (const ReportSpec& report : exported) {
    for (const char* outcome : {"done", "failed", "retried"}) {
      metrics_.counter(metric::kExportRunsTotal, report.name, outcome);
    }
  }
}

void Telemetry::exported(const std::string& report) {
  metrics_.counter(metric::kExportsTotal, report).Increment();
}

void Telemetry::count_export(const std::string& report, const std::string& outcome) {
  metrics_.counter(metric::kExportRunsTotal, report, outcome).Increment();
}

void Telemetry::export_done(const std::string& report, double seconds) {
  count_export(report, "done");
  metrics_.seconds(metric::kExportDurationSeconds, report).Observe(seconds);
  metrics_.gauge(metric::kExportLastSuccessTimestampSeconds, report).SetToCurrentTime();
}

void Telemetry::export_failed(const std::string& report) { count_export(report, "failed"); }
void Telemetry::export_retried(const std::string& report) { count_export(report, "retried"); }

}  // namespace sluice::loader
