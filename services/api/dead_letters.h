#pragma once
// The answers about dead letters beyond their list.

#include "common/adapters/http/server.h"
#include "services/api/database.h"
#include "services/api/ingest_client.h"

namespace sluice::api {

http::Response list_letter_groups(Database& database, const http::Request& request);
http::Response get_letter(Database& database, const http::Request& request);
// Streams the letters that can be retried to ingest, as a file: 202 with its receipt. A dry run only counts them.
http::Response retry_letters(Database& database, const IngestClient& ingest, const http::Request& request);
http::Response discard_letters(Database& database, const http::Request& request);

}  // namespace sluice::api
