// sluice-ingest: files of the landing folder become records, exactly once.

#include <memory>

#include "common/runtime/service_host.h"
#include "services/ingest/service.h"

int main(int argc, char** argv) {
  return sluice::run_service("ingest", argc, argv, [](sluice::ServiceHost& host) {
    auto service = std::make_shared<sluice::ingest::Service>(
        host.settings(), host.metrics(), host.clock(),
        [&host](int exit_code, const std::string& message) { host.fail(exit_code, message); });
    host.ready_when("ingest", [service] { return service->not_ready(); });
    host.add_part(
        "ingest", [service] { service->start(); }, [service] { service->stop(); });
  });
}
