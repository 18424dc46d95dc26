#pragma once
// loader's metrics. Thread-safe.

#include "common/telemetry/metrics.h"
#include "services/loader/core/row_store.h"

namespace sluice::loader {

class Telemetry final : public LoaderEvents {
 public:
  explicit Telemetry(Metrics& metrics) : metrics_(metrics) {}

  void committed(const Target& target, std::uint64_t messages, const Written& written,
                 double seconds) override;
  void exported(const std::string& report);

 private:
  Metrics& metrics_;
};

}  // namespace sluice::loader
