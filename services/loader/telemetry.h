#pragma once
// loader's metrics. Thread-safe.

#include "common/telemetry/metrics.h"
#include "services/loader/core/row_store.h"
#include "services/loader/exporter.h"
#include "services/loader/replayer.h"

namespace sluice::loader {

class Telemetry final : public LoaderEvents, public ExportEvents, public ReplayEvents {
 public:
  explicit Telemetry(Metrics& metrics) : metrics_(metrics) {}

  void committed(const Target& target, std::uint64_t messages, const Written& written,
                 double seconds) override;
  void rows_readable(const Target& target, double oldest_seconds) override;
  void receipt_readable(const FileEntry& receipt, double seconds) override;
  // The reports that have files: their counters stand at 0 from now on.
  void written(const std::vector<ReportSpec>& csv, const std::vector<ReportSpec>& exported);
  void exported(const std::string& report);  // its CSV file
  void export_done(const std::string& report, double seconds) override;
  void export_failed(const std::string& report) override;
  void export_retried(const std::string& report) override;
  void replay_ended(const std::string& dataset, const std::string& outcome) override;
  void replay_behind(const std::string& dataset, std::int64_t messages) override;

 private:
  void count_export(const std::string& report, const std::string& outcome);
  Metrics& metrics_;
};

}  // namespace sluice::loader
