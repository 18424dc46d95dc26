#pragma once
// One log line for each request that writes, taken or refused:
//   {"ts":"…","level":"audit","service":"api","msg":"write","who":"delivery","client":"10.0.0.7",
//    "what":"POST /v1/uploads","target":"bookings.csv","status":202,"result":"/v1/files/18-60303ae22b99","trace":"…"}
// `who` is the token's name, empty without one. Dry runs keep nothing and are no writes.

#include "common/adapters/http/server.h"

namespace sluice {

void audit_writes(http::Server& server);

}  // namespace sluice
