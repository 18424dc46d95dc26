#pragma once
// What every service's main shares: signals, health, the admin routes, the ordered stop.
//
//   int main(int argc, char** argv) {
//     return sluice::run_service("loader", argc, argv, [](sluice::ServiceHost& host) { … wire … });
//   }
//
// run_service reads the settings, initialises logs, metrics and crash points, starts the HTTP
// server with /livez /readyz /healthz /metrics /version, calls `wire`, then waits for SIGTERM,
// SIGINT or a failed part. Exit codes: 0 graceful stop, 2 configuration error, 1 anything else (the
// supervisor starts it again), 3 Unsafe (the supervisor must not; a person must look).
// With --ready it only asks the service that runs with these settings and answers 0 or 1: the health
// check of a container, whose image holds no other program.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/adapters/http/server.h"
#include "common/base/clock.h"
#include "common/config/settings.h"
#include "common/runtime/access_guard.h"
#include "common/telemetry/metrics.h"

namespace sluice {

class ServiceHost {
 public:
  ServiceHost(Settings settings, http::Server& server, Metrics& metrics, Clock& clock);
  const Settings& settings() const;
  http::Server& http();
  Metrics& metrics();
  Clock& clock();

  // A readiness check; cheap, thread-safe, called for each /readyz. Returns an empty string if
  // ready, else the reason. /livez never calls them.
  void ready_when(std::string name, std::function<std::string()> check);
  // What /readyz tells of the definitions beside the checks: sentences on those that are refused or not in
  // force. They do not make the service unready, for everything else goes on. Cheap and thread-safe.
  void tell_definitions(std::function<std::vector<std::string>()> not_in_force);
  // What the service's routes need where a file of tokens is named (docs/access.md), and whether its clients' requests
  // are limited as the settings say. Without it only the host's own routes are there to be asked for.
  enum class Rates { kFree, kLimited };
  void need_scopes(NeededScope needed, Rates rates);
  // Parts are started in order and stopped in reverse order. stop() must return within 20 s.
  void add_part(std::string name, std::function<void()> start, std::function<void()> stop);
  // Any thread: ends the service with this exit code; the message is logged.
  void fail(int exit_code, const std::string& message);
  bool stopping() const;

 private:
  friend int run_service(const std::string&, int, char**, const std::function<void(ServiceHost&)>&);
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

int run_service(const std::string& service, int argc, char** argv,
                const std::function<void(ServiceHost&)>& wire);

}  // namespace sluice
