#pragma once
// transform's metrics: what the tasks have committed, as numbers. Thread-safe.

#include "common/telemetry/metrics.h"
#include "services/transform/core/transform_events.h"

namespace sluice::transform {

class Telemetry final : public TransformEvents {
 public:
  explicit Telemetry(Metrics& metrics) : metrics_(metrics) {}

  void records_committed(const std::string& dataset, const RecordCounts& counts) override;
  void watermark(const std::string& dataset, std::int64_t ms) override;
  void groups_changed(const std::string& report, std::uint64_t groups) override;

 private:
  Metrics& metrics_;
};

}  // namespace sluice::transform
