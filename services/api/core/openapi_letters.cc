#include "services/api/core/openapi_letters.h"

#include "services/api/core/dead_letters.h"

namespace sluice::api {
namespace {

using Json = nlohmann::ordered_json;

Json object_of(Json properties, bool all_required = true) {
  Json required = Json::array();
  for (const auto& [name, schema] : properties.items()) required.push_back(name);
  Json out = {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  if (all_required) out["required"] = std::move(required);
  return out;
}

Json response(std::string_view description, Json schema) {
  return {{"description", description}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

Json shared(std::string_view name) { return {{"$ref", "#/components/responses/" + std::string(name)}}; }

Json file() { return {{"$ref", "#/components/schemas/File"}}; }

Json text() { return {{"type", "string"}}; }

Json count() { return {{"type", "integer"}, {"minimum", 0}}; }

Json time() { return {{"type", {"string", "null"}}, {"format", "date-time"}}; }

Json query(std::string_view name, Json schema, std::string_view description) {
  return {{"name", name}, {"in", "query"}, {"required", false}, {"schema", std::move(schema)}, {"description", description}};
}

Json groups_schema() {
  const Json group = object_of({{"dataset", {{"type", {"string", "null"}}}},
                                {"rule", {{"type", {"string", "null"}}}},
                                {"column", {{"type", {"string", "null"}}}},
                                {"letters", count()},
                                {"open", count()},
                                {"retriable", count()},
                                {"first_at", time()},
                                {"last_at", time()},
                                {"example", object_of({{"id", text()}, {"reason", {{"type", {"string", "null"}}}}})}});
  return object_of({{"groups", {{"type", "array"}, {"items", group}}}});
}

// Which letters a request means.
Json filter_body(bool with_note) {
  Json properties = {{"dataset", text()}};
  for (const char* name : {"file", "rule", "column", "reason"}) properties[name] = text();
  properties["column"]["description"] = "Empty: the row as a whole.";
  properties["ids"] = {{"type", "array"}, {"items", text()}, {"minItems", 1}, {"maxItems", kMaxLetterIds}};
  if (with_note) properties["note"] = {{"type", "string"}, {"maxLength", kMaxNote}, {"description", "Why."}};
  Json schema = object_of(std::move(properties), false);
  schema["required"] = Json::array({"dataset"});
  schema["description"] = "The open letters that all of it fits.";
  return {{"required", true}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

Json retry_schema() {
  return object_of(
      {{"letters", {{"type", "integer"}, {"minimum", 0}, {"description", "How many are, or would be, read once more."}}},
       {"not_retriable",
        {{"type", "array"}, {"items", object_of({{"letters", count()}, {"why", text()}})}}},
       {"file", {{"anyOf", {file(), {{"type", "null"}}}}, {"description", "The retry's receipt as it begins."}}}});
}

Json retry_operation(Json out) {
  out["parameters"] = Json::array({query("dry_run", {{"type", "boolean"}, {"default", false}}, "Only count them.")});
  out["requestBody"] = filter_body(false);
  Json taken = response("The rows are stored and will be read once, by the definition as it is now. The same letters by "
                        "the same definition, asked for again, are a duplicate.",
                        retry_schema());
  taken["headers"] = {{"Location", {{"schema", text()}}}};
  out["responses"] = {{"200", response("A dry run, or there is none that can be retried.", retry_schema())},
                      {"202", std::move(taken)},
                      {"400", shared("BadRequest")},
                      {"422", response("There is no such dataset.", {{"type", "object"}})},
                      {"503", shared("Unavailable")},
                      {"507", response("The disk is full.", {{"type", "object"}})}};
  for (const char* status : {"422", "507"}) {
    out["responses"][status]["content"] = {
        {"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}};
  }
  return out;
}

}  // namespace

bool is_about_letters(RouteId id) {
  return id == RouteId::kDeadLetterGroups || id == RouteId::kDeadLetter || id == RouteId::kRetryDeadLetters ||
         id == RouteId::kDiscardDeadLetters;
}

Json letters_operation(RouteId id, Json out) {
  if (id == RouteId::kRetryDeadLetters) return retry_operation(std::move(out));
  if (id == RouteId::kDiscardDeadLetters) {
    out["requestBody"] = filter_body(true);
    out["responses"] = {{"200", response("How many were open, and are settled now.", object_of({{"discarded", count()}}))},
                        {"400", shared("BadRequest")},
                        {"503", shared("Unavailable")}};
    return out;
  }
  if (id == RouteId::kDeadLetterGroups) {
    out["parameters"] = Json::array({query("dataset", text(), "Of this one only."), query("file", text(), "Of this one only.")});
    out["responses"] = {{"200", response("Groups, those with most open letters first.", groups_schema())},
                        {"400", shared("BadRequest")},
                        {"503", shared("Unavailable")}};
    return out;
  }
  out["parameters"] = Json::array({{{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", text()}}});
  out["responses"] = {{"200", response("The letter.", {{"$ref", "#/components/schemas/ShownDeadLetter"}})},
                      {"404", shared("NotFound")},
                      {"503", shared("Unavailable")}};
  return out;
}

void describe_states(Json& parameters) {
  for (Json& parameter : parameters) {
    if (parameter.value("name", "") != "state") continue;
    parameter["schema"]["enum"].push_back("all");
    parameter["schema"]["default"] = "open";
  }
}

Json shown_letter_schema(Json letter) {
  letter["properties"]["cell"] = object_of({{"start", count()}, {"length", count()}});
  letter["properties"]["cell"]["type"] = {"object", "null"};
  letter["properties"]["cell"]["description"] =
      "Where in the row the cell stands that is wrong, in characters (Unicode's code points); null: it cannot be told.";
  letter["properties"]["retriable"] = {{"type", "boolean"}};
  letter["required"].push_back("cell");
  letter["required"].push_back("retriable");
  return letter;
}

}  // namespace sluice::api
