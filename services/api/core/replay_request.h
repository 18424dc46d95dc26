#pragma once
// What a POST /v1/replays asks for. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/calendar.h"
#include "common/base/error.h"
#include "common/model/generations.h"
#include "services/api/core/catalogue.h"

namespace sluice::api {

struct ReplayRequest {
  std::string dataset;
  std::string report;            // as it was asked for; a dataset's reports are rebuilt together
  std::string from;              // as a person reads it
  std::optional<Instant> since;  // files that were found then or later
  std::map<std::int32_t, std::int64_t> offsets;
  bool swap = true;
};

// {"report"|"dataset": NAME, "from": "beginning" | "2026-11-01T00:00:00Z" | {"0": 1200}, "swap": true|false}. Where
// nothing is said all is rebuilt and swapped; a part is swapped only where that is said.
Result<ReplayRequest> parse_replay_request(std::string_view body, const Catalogue& catalogue);

}  // namespace sluice::api
