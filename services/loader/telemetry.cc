#include "services/loader/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include "common/telemetry/log.h"

namespace sluice::loader {

void Telemetry::committed(const Target& target, std::uint64_t messages, const Written& written,
                          double seconds) {
  const auto count = [&](const char* op, std::uint64_t number) {
    metrics_
        .counter("sluice_load_rows_total",
                 "Messages loaded into tables, by what became of them; skip: nothing to change",
                 {{"table", target.table.name}, {"op", op}})
        .Increment(static_cast<double>(number));
  };
  const std::uint64_t changed = written.upserted + written.deleted + written.poisoned;
  count("upsert", written.upserted);
  count("delete", written.deleted);
  count("poison", written.poisoned);
  count("skip", messages > changed ? messages - changed : 0);
  metrics_
      .seconds("sluice_load_batch_duration_seconds", "How long a batch took to be committed",
               {{"table", target.table.name}})
      .Observe(seconds);
  if (target.report != nullptr && written.upserted + written.deleted > 0) {
    metrics_
        .gauge("sluice_report_freshness_timestamp_seconds",
               "When this process last changed the report's table",
               {{"report", target.report->name}})
        .SetToCurrentTime();
  }
  if (written.poisoned > 0) {
    log::warning("messages could not be loaded and are dead letters now",
                 {{"table", target.table.name}, {"messages", written.poisoned}});
  }
}

void Telemetry::replay_ended(const std::string& dataset, const std::string& outcome) {
  metrics_
      .counter("sluice_replays_total", "Rebuilds of a dataset's reports that ended, by how",
               {{"dataset", dataset}, {"outcome", outcome}})
      .Increment();
}

void Telemetry::replay_behind(const std::string& dataset, std::int64_t messages) {
  metrics_
      .gauge("sluice_replay_remaining_messages",
             "Messages that the generation being built has not read yet, over all its hops; 0: none is built",
             {{"dataset", dataset}})
      .Set(static_cast<double>(messages));
}

void Telemetry::exported(const std::string& report) {
  metrics_
      .counter("sluice_exports_total", "CSV files written and put in place", {{"report", report}})
      .Increment();
}

void Telemetry::count_export(const std::string& report, const std::string& outcome) {
  metrics_
      .counter("sluice_export_runs_total",
               "Exports of whole reports; retried: an attempt that failed and is not the last",
               {{"report", report}, {"outcome", outcome}})
      .Increment();
}

void Telemetry::export_done(const std::string& report, double seconds) {
  count_export(report, "done");
  metrics_
      .seconds("sluice_export_duration_seconds", "How long an export took to be in its place",
               {{"report", report}})
      .Observe(seconds);
  metrics_
      .gauge("sluice_export_last_success_timestamp_seconds",
             "When this process last finished an export of the report", {{"report", report}})
      .SetToCurrentTime();
}

void Telemetry::export_failed(const std::string& report) { count_export(report, "failed"); }
void Telemetry::export_retried(const std::string& report) { count_export(report, "retried"); }

}  // namespace sluice::loader
