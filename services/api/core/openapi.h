#pragma once
// The OpenAPI 3.1 document: routes.h's table, with a path and a row schema of its own for each
// report of the loaded definitions. Pure.

#include <span>
#include <string>
#include <string_view>

#include "common/definition/definition.h"

namespace sluice::api {

std::string openapi_document(std::span<const Dataset> datasets, std::string_view version);

}  // namespace sluice::api
