#pragma once
// The OpenAPI document's part on dead letters. Only for openapi.cc.

#include <nlohmann/json.hpp>

#include "services/api/core/routes.h"

namespace sluice::api {

// Whether the route is described here; the operation with its parameters, body and answers.
bool is_about_letters(RouteId id);
nlohmann::ordered_json letters_operation(RouteId id, nlohmann::ordered_json out);
// GET /v1/dead-letters takes any state, too.
void describe_states(nlohmann::ordered_json& parameters);
nlohmann::ordered_json shown_letter_schema(nlohmann::ordered_json letter);

}  // namespace sluice::api
