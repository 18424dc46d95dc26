#pragma once
// sluice_http_requests_total{route,method,code} and
// sluice_http_request_duration_seconds{route,method}. Routes are patterns, never paths.

#include "common/adapters/http/server.h"
#include "common/telemetry/metrics.h"

namespace sluice::api {

// `metrics` outlives the server.
void observe_requests(http::Server& server, Metrics& metrics);

}  // namespace sluice::api
