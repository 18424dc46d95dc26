// sluice-api: the front door. Reads Postgres and the definitions, passes uploads on to ingest; writes
// nothing but what is asked of the loader: exports, replays.

#include <memory>

#include "common/runtime/service_host.h"
#include "services/api/core/routes.h"
#include "services/api/handlers.h"
#include "services/api/housekeeping.h"
#include "services/api/http_metrics.h"

namespace {

constexpr int kConnections = 8;

struct Api {
  explicit Api(sluice::ServiceHost& host)
      : definitions(host.settings().definitions),
        pool(host.settings().postgres_url, kConnections),
        database(pool),
        ingest(host.settings().ingest_address),
        housekeeping(definitions, database, host.metrics()) {}

  sluice::api::Definitions definitions;
  sluice::postgres::Pool pool;
  sluice::api::Database database;
  sluice::api::IngestClient ingest;
  sluice::api::Housekeeping housekeeping;
};

}  // namespace

int main(int argc, char** argv) {
  return sluice::run_service("api", argc, argv, [](sluice::ServiceHost& host) {
    auto api = std::make_shared<Api>(host);
    const std::shared_ptr<sluice::api::Database> database(api, &api->database);
    sluice::api::observe_requests(host.http(), host.metrics());
    const std::shared_ptr<const sluice::api::IngestClient> ingest(api, &api->ingest);
    sluice::api::register_routes(
        host.http(), database, [api] { return api->definitions.current(); }, ingest,
        host.settings().upload_limit_bytes);
    host.need_scopes(sluice::api::needed_scope, sluice::ServiceHost::Rates::kLimited);
    host.ready_when("postgres", [api] { return api->housekeeping.database_trouble(); });
    host.tell_definitions([api] { return api->housekeeping.refused_definitions(); });
    host.add_part(
        "housekeeping", [api] { api->housekeeping.start(); }, [api] { api->housekeeping.stop(); });
  });
}
