#pragma once
// Replays over REST: asked for, listed, and one with how far it is and what differs.

#include "common/adapters/http/server.h"
#include "services/api/core/catalogue.h"
#include "services/api/database.h"

namespace sluice::api {

http::Response start_replay(Database& database, const Catalogue& catalogue, const http::Request& request);
http::Response get_replay(Database& database, const http::Request& request);

}  // namespace sluice::api
