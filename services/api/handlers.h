#pragma once
// The API's routes: request in, query, snapshot, answer out.

#include <functional>
#include <memory>

#include "common/adapters/http/server.h"
#include "services/api/core/catalogue.h"
#include "services/api/database.h"

namespace sluice::api {

// What the definitions say at this moment; called for each request, from any thread.
using CurrentCatalogue = std::function<std::shared_ptr<const Catalogue>()>;

// Registers every route of core/routes.h that is the API's own.
void register_routes(http::Server& server, std::shared_ptr<Database> database,
                     CurrentCatalogue catalogue);

}  // namespace sluice::api
