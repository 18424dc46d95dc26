#pragma once
// When a token is to expire: "90d" and "12h" from now, or a time as it stands in the file. Pure.

#include <optional>
#include <string_view>

#include "common/base/calendar.h"

namespace sluice::cli {

// Nothing: it is no such time, or not one to come.
std::optional<Instant> expiry_of(std::string_view text, Instant now);

}  // namespace sluice::cli
