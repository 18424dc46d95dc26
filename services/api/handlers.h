#pragma once
// The API's routes: request in, query, snapshot, answer out.

#include <cstdint>
#include <functional>
#include <memory>

#include "common/adapters/http/server.h"
#include "services/api/core/catalogue.h"
#include "services/api/database.h"
#include "services/api/ingest_client.h"

namespace sluice::api {

// What the definitions say at this moment; called for each request, from any thread.
using CurrentCatalogue = std::function<std::shared_ptr<const Catalogue>()>;

// Registers every route of core/routes.h that is the API's own.
// `upload_limit_bytes`: of an upload's body.
void register_routes(http::Server& server, std::shared_ptr<Database> database,
                     CurrentCatalogue catalogue, std::shared_ptr<const IngestClient> ingest,
                     std::uint64_t upload_limit_bytes);

}  // namespace sluice::api
