#pragma once
// Once a second, on a thread of its own: reads changed definitions and asks whether the database is
// there, so that neither a request nor a readiness check has to wait for it.

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/telemetry/metrics.h"
#include "services/api/database.h"
#include "services/api/definitions.h"

namespace sluice::api {

class Housekeeping {
 public:
  // All three outlive it.
  Housekeeping(Definitions& definitions, Database& database, Metrics& metrics)
      : definitions_(definitions), database_(database), metrics_(metrics) {}
  ~Housekeeping() { stop(); }

  void start();
  void stop();

  // Why the database can not be read; empty if it can. From any thread.
  std::string database_trouble() const;
  // Sentences on the definitions that are refused, or not in force as they stand. From any thread.
  std::vector<std::string> refused_definitions() const;

 private:
  void run();
  void tick();
  std::optional<Definitions::LiveDefinitions> live_definitions();

  Definitions& definitions_;
  Database& database_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::string database_trouble_ = "not asked yet";
  std::string definition_trouble_;  // the last one logged
  std::thread thread_;
};

}  // namespace sluice::api
