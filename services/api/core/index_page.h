#pragma once
// The page at "/": a plain list of reports and links. No script and no style, so the strictest
// content policy holds.

#include <span>
#include <string>

#include "common/definition/definition.h"

namespace sluice::api {

std::string index_page(std::span<const Dataset> datasets);

}  // namespace sluice::api
