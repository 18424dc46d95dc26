#include "services/api/core/openapi.h"

#include <nlohmann/json.hpp>

#include "services/api/core/column_value.h"
#include "services/api/core/openapi_letters.h"
#include "services/api/core/routes.h"
#include "services/api/core/table_query.h"
#include "services/api/core/table_spec.h"

namespace sluice::api {
namespace {

using Json = nlohmann::ordered_json;

Json reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

Json value_schema(const TableColumn& column) {
  Json out = Json::object();
  switch (column.type) {
    case ColumnType::kString:
      out = {{"type", "string"}};
      break;
    case ColumnType::kInteger:
      out = {{"type", "integer"}, {"format", "int64"}};
      break;
    case ColumnType::kDecimal:
      out = {{"type", "number"},
             {"description", "An exact decimal; read it as one, not as a double."}};
      break;
    case ColumnType::kBoolean:
      out = {{"type", "boolean"}};
      break;
    case ColumnType::kDate:
      out = {{"type", "string"}, {"format", "date"}};
      break;
    case ColumnType::kTimestamp:
      out = {{"type", "string"}, {"format", "date-time"}};
      break;
  }
  if (!column.one_of.empty()) out["enum"] = column.one_of;
  if (!column.in_key) {
    out["type"] = Json::array({out["type"], "null"});
    if (out.contains("enum")) out["enum"].push_back(nullptr);
  }
  return out;
}

Json row_schema(const TableSpec& table) {
  Json properties = Json::object(), required = Json::array();
  for (const TableColumn& column : table.columns) {
    properties[column.name] = value_schema(column);
    required.push_back(column.name);
  }
  return {{"type", "object"},
          {"properties", properties},
          {"required", required},
          {"additionalProperties", false}};
}

Json next_schema() {
  return {{"type", Json::array({"string", "null"})},
          {"description", "The cursor of the next page."}};
}

Json page_schema(std::string_view member, const Json& row) {
  return {{"type", "object"},
          {"properties",
           {{std::string(member), {{"type", "array"}, {"items", row}}}, {"next", next_schema()}}},
          {"required", Json::array({member, "next"})},
          {"additionalProperties", false}};
}

Json completeness_properties() {
  return {{"complete_through",
           {{"type", Json::array({"string", "null"})},
            {"format", "date-time"},
            {"description",
             "No event before this instant is expected any more: windows that end there or earlier are complete, and a "
             "row that comes for one all the same amends it, with a new revision. How far the settled files of the "
             "dataset reach, less its allowed lateness; null while that is not known, and without an event time."}}},
          {"first_open_window",
           {{"type", Json::array({"string", "null"})},
            {"description",
             "The label of the window that complete_through lies in: it and the later ones are open, the earlier ones "
             "complete."}}}};
}

Json report_page_schema(const Json& row) {
  Json out = page_schema("rows", row);
  out["properties"]["report"] = {{"type", "string"}};
  out["properties"].update(completeness_properties());
  out["properties"]["revision"] = {{"type", "integer"},
                                   {"description", "Grows with each change of the report."}};
  for (const char* name : {"report", "complete_through", "first_open_window", "revision"})
    out["required"].push_back(name);
  return out;
}

Json reports_schema() {
  const Json column = {
      {"type", "object"},
      {"properties",
       {{"name", {{"type", "string"}}},
        {"type", {{"enum", {"string", "integer", "decimal", "boolean", "date", "timestamp"}}}},
        {"key", {{"type", "boolean"}}},
        {"kind", {{"enum", {"group", "window", "measure", "rank"}}}},
        {"window",
         {{"type", "object"},
          {"description", "Of a window: what it is, and its labels' pattern; empty is the unit's usual one."},
          {"properties",
           {{"unit", {{"enum", {"hour", "day", "week", "month", "quarter", "year"}}}},
            {"pattern", {{"type", "string"}}}}},
          {"required", {"unit", "pattern"}},
          {"additionalProperties", false}}},
        {"sums",
         {{"type", "boolean"},
          {"description", "Of a measure: rows may be added up, for it is a count or a sum."}}},
        {"currency",
         {{"type", "string"},
          {"description", "Of an amount: the column that tells its currency. Two are never added."}}}}},
      {"required", {"name", "type", "key", "kind"}},
      {"additionalProperties", false}};
  Json report = {
      {"type", "object"},
      {"properties",
       {{"name", {{"type", "string"}}},
        {"dataset", {{"type", "string"}}},
        {"url", {{"type", "string"}, {"format", "uri-reference"}}},
        {"columns", {{"type", "array"}, {"items", column}}},
        {"revision", {{"type", "integer"}}},
        {"updated_at", {{"type", Json::array({"string", "null"})}, {"format", "date-time"}}},
        {"freshness_seconds",
         {{"type", Json::array({"number", "null"})}, {"description", "Since the last change."}}},
        {"rows_estimate", {{"type", "integer"}}}}},
      {"required",
       {"name", "dataset", "url", "columns", "revision", "updated_at", "freshness_seconds",
        "rows_estimate", "complete_through", "first_open_window"}},
      {"additionalProperties", false}};
  report["properties"].update(completeness_properties());
  return {{"type", "object"},
          {"properties", {{"reports", {{"type", "array"}, {"items", report}}}}},
          {"required", Json::array({"reports"})},
          {"additionalProperties", false}};
}

Json problem_schema() {
  Json properties = {{"type", {{"type", "string"}, {"format", "uri-reference"}}},
                     {"title", {{"type", "string"}}},
                     {"status", {{"type", "integer"}}},
                     {"detail", {{"type", "string"}}},
                     {"instance", {{"type", "string"}, {"format", "uri-reference"}}},
                     {"request_id", {{"type", "string"}}}};
  return {{"type", "object"},
          {"properties", properties},
          {"required", {"type", "title", "status", "detail"}}};
}

Json query_parameter(std::string_view name, const Json& schema, std::string_view description) {
  return {{"name", name},
          {"in", "query"},
          {"required", false},
          {"schema", schema},
          {"description", description}};
}

Json table_parameters(const TableSpec& table) {
  Json out = Json::array();
  for (const TableColumn& column : table.columns) {
    Json schema = value_schema({column.name, column.type, true, column.one_of});
    out.push_back(query_parameter(column.name, schema,
                                  "Equal to this. Also " + column.name +
                                      "[ne], [gt], [gte], [lt], [lte], [in] (a list between commas; \\, is a comma in a value and "
                                      "\\\\ a backslash)" +
                                      (column.type == ColumnType::kString ? ", [prefix]" : "") +
                                      " and [null] (true or false)."));
  }
  for (const char* name : {"order", "limit", "cursor", "format"})
    out.push_back(reference("parameters", name));
  return out;
}

Json shared_parameters() {
  Json out = Json::object();
  out["order"] =
      query_parameter("order", {{"type", "string"}}, "Columns, comma between, '-' for descending.");
  out["limit"] = query_parameter(
      "limit",
      {{"type", "integer"}, {"minimum", 1}, {"maximum", kMaxLimit}},
      "At most this many rows on this page: unless given, 100 as JSON, and 10,000 as CSV and NDJSON; fewer "
      "where their texts are more than 16 MiB. "
      "Where there are more, the answer names the next page: `next` in JSON, the header "
      "Sluice-Next-Cursor in every format. An answer without it ends the table.");
  out["cursor"] =
      query_parameter("cursor", {{"type", "string"}},
                      "The next page: `next`, or the header Sluice-Next-Cursor, of the page before.");
  out["format"] =
      query_parameter("format", {{"enum", {"json", "csv", "ndjson"}}}, "Wins over Accept.");
  return out;
}

Json problem_response(std::string_view description) {
  return {
      {"description", description},
      {"content", {{"application/problem+json", {{"schema", reference("schemas", "Problem")}}}}}};
}

Json refusal(std::string_view description, std::string_view header) {
  Json out = problem_response(description);
  out["headers"] = {{std::string(header), {{"schema", {{"type", "string"}}}}}};
  return out;
}

Json bearer_scheme() {
  return {{"type", "http"},
          {"scheme", "bearer"},
          {"description",
           "A token with the scope that the operation names (read, write; an admin has both), where the "
           "installation has a file of tokens. Without one nobody needs a token."}};
}

// What an operation needs, and how it is refused.
void secure(Json& operation, Needs needs) {
  if (needs == Needs::kNothing) {
    operation["security"] = Json::array();
    return;
  }
  const Json with_token = {
      {"bearer", Json::array({needs == Needs::kAdmin ? "admin" : needs == Needs::kWrite ? "write" : "read"})}};
  operation["security"] = Json::array({with_token});
  if (needs == Needs::kAsConfigured) operation["security"].push_back(Json::object());
  operation["responses"]["401"] = reference("responses", "TokenNeeded");
  operation["responses"]["403"] = reference("responses", "NotAllowed");
  operation["responses"]["429"] = reference("responses", "TooManyRequests");
}

Json shared_responses() {
  return {
      {"BadRequest",
       problem_response("The request is not well-formed; the detail says what is accepted.")},
      {"NotFound", problem_response("There is no such thing; the detail lists what there is.")},
      {"NotAcceptable", problem_response("None of the formats in Accept is offered.")},
      {"Unavailable",
       problem_response("The database can not be reached; Retry-After says when to come back.")},
      {"TokenNeeded", refusal("No token, or none that is known and has not expired; WWW-Authenticate says which.",
                              "WWW-Authenticate")},
      {"NotAllowed", refusal("The token does not have the scope.", "WWW-Authenticate")},
      {"TooManyRequests", refusal("More requests than are allowed; Retry-After says when to come back.", "Retry-After")}};
}

Json rows_response(const Json& page) {
  const Json lines = {{"schema", {{"type", "string"}}}};
  return {{"description",
           "Rows. In CSV and NDJSON, whose lines end in LF, the next cursor is in the header "
            "Sluice-Next-Cursor."},
          {"headers", {{"Sluice-Next-Cursor", {{"schema", {{"type", "string"}}}}}}},
          {"content",
           {{"application/json", {{"schema", page}}},
            {"text/csv", lines},
            {"application/x-ndjson", lines}}}};
}

Json rows_responses(const Json& page, bool with_etag, bool may_be_missing) {
  Json out = {{"200", rows_response(page)}};
  if (with_etag) out["304"] = {{"description", "Nothing changed since the ETag in If-None-Match."}};
  out["400"] = reference("responses", "BadRequest");
  if (may_be_missing) out["404"] = reference("responses", "NotFound");
  out["406"] = reference("responses", "NotAcceptable");
  out["503"] = reference("responses", "Unavailable");
  return out;
}

Json path_parameter(std::string_view name) {
  return {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
}

Json document_response(const RouteInfo& route, const Json& schema) {
  return {{"description", std::string(route.summary) + "."},
          {"content", {{std::string(route.content_type), {{"schema", schema}}}}}};
}

Json header_parameter(std::string_view name, std::string_view description) {
  return {{"name", name},
          {"in", "header"},
          {"required", false},
          {"schema", {{"type", "string"}}},
          {"description", description}};
}

// One file's object, or of a form with several {"files": […]}.
Json one_or_several(const Json& one) {
  const Json several = {
      {"type", "object"},
      {"properties", {{"files", {{"type", "array"}, {"items", one}}}}},
      {"required", Json::array({"files"})}};
  return {{"oneOf", Json::array({one, several})}};
}

// What a service says of itself, ready or not.
Json readiness_schema() {
  const Json text = {{"type", "string"}};
  return {{"type", "object"},
          {"properties",
           {{"status", {{"enum", {"ready", "not ready"}}}},
            {"checks",
             {{"type", "object"}, {"additionalProperties", text}, {"description", "\"ok\", or why not."}}},
            {"definitions",
             {{"type", "array"},
              {"items", text},
              {"description", "Sentences on the definitions that are refused, or not in force as they stand."}}}}},
          {"required", {"status", "checks"}},
          {"additionalProperties", false}};
}

Json liveness_schema() {
  return {{"type", "object"},
          {"properties", {{"status", {{"enum", Json::array({"alive"})}}}}},
          {"required", Json::array({"status"})},
          {"additionalProperties", false}};
}

// What the file doctor tells of one file.
Json diagnosis_schema() {
  const Json text = {{"type", "string"}};
  const Json text_or_null = {{"type", {"string", "null"}}};
  const Json count = {{"type", "integer"}, {"minimum", 0}};
  const Json list = {{"type", "array"}, {"items", {{"type", "object"}}}};
  Json properties = {{"name", text},       {"dataset", text_or_null}, {"definition", text_or_null},
                     {"state", text},      {"error", text_or_null},   {"encoding", text},
                     {"fields", list},     {"first_dead_letters", list}};
  properties["warnings"] = {{"type", "array"}, {"items", text}};
  properties["warnings"]["description"] = "Where the proposal would refuse or correct many of the file's rows.";
  properties["proposal"] = text_or_null;
  properties["proposal"]["description"] = "A definition in YAML, where none takes the file.";
  for (const char* name : {"bytes", "rows", "records", "dead_letters", "duplicates", "corrections"}) {
    properties[name] = count;  // of this file by itself, whatever was delivered before
  }
  Json required = Json::array();
  for (const auto& [name, schema] : properties.items()) required.push_back(name);
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

Json upload_responses() {
  const Json report = diagnosis_schema();
  Json out;
  out["200"] = {
      {"description", "A dry run: what would become of the file. Nothing is kept."},
      {"content", {{"application/json", {{"schema", one_or_several(report)}}}}}};
  out["202"] = {
      {"description", "The file is stored and will be read once; its receipt as it begins."},
      {"headers", {{"Location", {{"schema", {{"type", "string"}}}}}}},
      {"content",
       {{"application/json", {{"schema", one_or_several(reference("schemas", "File"))}}}}}};
  out["400"] = reference("responses", "BadRequest");
  const std::pair<const char*, const char*> problems[] = {
      {"409", "A request with this Idempotency-Key is being answered."},
      {"413", "The body is longer than the limit, packed or unpacked."},
      {"415", "A Content-Encoding other than gzip, or a multipart body that is no form."},
      {"422", "No definition takes a file of this name, there is no such dataset, the name is none, or "
              "the key was used for another upload."},
      {"503", "Ingest can not be reached or has no broker; Retry-After says when to come back."},
      {"507", "The disk is full; Retry-After says when to come back."}};
  for (const auto& [status, description] : problems) out[status] = problem_response(description);
  return out;
}

Json upload_operation(Json out) {
  const Json name = {{"type", "string"}};
  out["parameters"] = {
      query_parameter("name", name, "The file's name, with folders if they matter. A form's parts "
                                    "name their files themselves. A zip or tar is read as the "
                                    "files it holds, each with a receipt of its own."),
      query_parameter("dataset", name, "Whose file it is, whatever its name."),
      query_parameter("dry_run", {{"type", "boolean"}, {"default", false}},
                      "Only tell what would become of the file."),
      header_parameter("Idempotency-Key", "A repetition within 24 hours gets the first answer again "
                                          "and delivers nothing."),
      header_parameter("Content-Encoding", "gzip: the body is packed for the way.")};
  const Json file = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
  const Json form = {
      {"schema",
       {{"type", "object"},
        {"properties",
         {{"dataset", {{"type", "string"}}},
          {"file", {{"type", "array"}, {"items", {{"type", "string"}, {"format", "binary"}}}}}}}}}};
  out["requestBody"] = {
      {"required", true},
      {"content", {{"application/octet-stream", file}, {"multipart/form-data", form}}}};
  out["responses"] = upload_responses();
  return out;
}

Json export_responses() {
  return {{"202",
           {{"description",
             "It will be written once; asked for again before it has begun, it is the same one. "
             "Ask its Location until `state` is done or failed."},
            {"headers", {{"Location", {{"schema", {{"type", "string"}}}}}}},
            {"content", {{"application/json", {{"schema", reference("schemas", "Export")}}}}}}},
          {"400", reference("responses", "BadRequest")},
          {"404", reference("responses", "NotFound")},
          {"409", problem_response("The report's definition has no export.")},
          {"422", problem_response("The Idempotency-Key was used for another report.")},
          {"503", reference("responses", "Unavailable")}};
}

Json replay_schema() {
  const Json count = {{"type", "integer"}, {"minimum", 0}};
  const Json texts = {{"type", "array"}, {"items", {{"type", "string"}}}};
  const Json row = {{"type", Json::array({"object", "null"})}};
  Json out = row_schema(replays_table());
  out["properties"]["progress"] = {
      {"type", "array"},
      {"description", "messages that the generation being built has read, hop by hop; transactions' markers count too"},
      {"items",
       {{"type", "object"},
        {"properties", {{"hop", {{"type", "string"}}}, {"read", count}, {"of", count}}},
        {"required", {"hop", "read", "of"}}}}};
  const Json report = {
      {"type", "object"},
      {"properties",
       {{"report", {{"type", "string"}}}, {"rows_before", count}, {"rows_after", count}, {"added", count},
        {"removed", count}, {"changed", count}, {"note", {{"type", "string"}}},
        {"columns_added", texts}, {"columns_removed", texts},
        {"rows",
         {{"type", "array"},
          {"description", "of each kind up to 200"},
          {"items",
           {{"type", "object"},
            {"properties",
             {{"change", {{"enum", {"added", "removed", "changed"}}}}, {"before", row}, {"after", row}}},
            {"required", {"change", "before", "after"}}}}}}}},
      {"required", {"report", "rows_before", "rows_after", "added", "removed", "changed", "rows"}}};
  out["properties"]["diff"] = {
      {"description", "null until both are compared at one cut through the records"},
      {"anyOf",
       Json::array({{{"type", "null"}},
                    {{"type", "object"},
                     {"properties",
                      {{"partial", {{"type", "boolean"}}}, {"reports", {{"type", "array"}, {"items", report}}}}},
                     {"required", {"partial", "reports"}}}})}};
  return out;
}

Json replay_operation(Json out) {
  const Json name = {{"type", "string"}};
  const Json from = {
      {"description",
       "beginning (the default); a time: records of files that were found then or later; or of each partition of the "
       "records the offset to begin at, others at their beginning"},
      {"oneOf",
       Json::array({{{"type", "string"}},
                    {{"type", "object"}, {"additionalProperties", {{"type", "integer"}, {"minimum", 0}}}}})}};
  const Json body = {{"type", "object"},
                     {"properties",
                      {{"dataset", name},
                       {"report", name},
                       {"from", from},
                       {"swap",
                        {{"type", "boolean"},
                         {"description", "false: only compare. Unless said true from the beginning, and else false"}}}}},
                     {"additionalProperties", false}};
  out["requestBody"] = {{"required", true}, {"content", {{"application/json", {{"schema", body}}}}}};
  out["responses"] = {
      {"202",
       {{"description", "It is under way. Ask its Location until `state` is done, dropped or failed."},
        {"headers", {{"Location", {{"schema", name}}}}},
        {"content", {{"application/json", {{"schema", reference("schemas", "Replay")}}}}}}},
      {"400", reference("responses", "BadRequest")},
      {"409", problem_response("The dataset is being rebuilt, or looks up another one.")},
      {"503", reference("responses", "Unavailable")}};
  return out;
}

Json web_operation(const RouteInfo& route, Json out) {
  const Json bytes = {{"schema", {{"type", "string"}}}};
  Json content = {{std::string(route.content_type), bytes}};
  out["responses"]["304"] = {{"description", "Nothing changed since the ETag in If-None-Match."}};
  if (route.id == RouteId::kWebFile) {
    out["parameters"] = Json::array({path_parameter("file")});
    for (const char* type : {"text/css", "image/svg+xml", "text/plain"}) content[type] = bytes;
    out["responses"]["404"] = reference("responses", "NotFound");
  }
  out["responses"]["200"] = {{"description", std::string(route.summary) + "."}, {"content", content}};
  return out;
}

Json operation(const RouteInfo& route) {
  Json out = {{"operationId", route.operation}, {"summary", route.summary}};
  if (is_about_letters(route.id)) return letters_operation(route.id, std::move(out));
  const Json any_row = {{"type", "object"}};
  switch (route.id) {
    case RouteId::kReport:
      out["parameters"] = Json::array({path_parameter("name")});
      for (const char* name : {"order", "limit", "cursor", "format"}) {
        out["parameters"].push_back(reference("parameters", name));
      }
      out["responses"] = rows_responses(report_page_schema(any_row), true, true);
      break;
    case RouteId::kFiles:
      out["parameters"] = table_parameters(files_table());
      out["responses"] =
          rows_responses(page_schema("files", reference("schemas", "File")), false, false);
      break;
    case RouteId::kDeadLetters:
      out["parameters"] = table_parameters(dead_letters_table());
      describe_states(out["parameters"]);
      out["responses"] = rows_responses(
          page_schema("dead_letters", reference("schemas", "DeadLetter")), false, false);
      break;
    case RouteId::kFile:
      out["parameters"] = Json::array({path_parameter("id")});
      out["responses"] = {{"200", document_response(route, reference("schemas", "File"))},
                          {"404", reference("responses", "NotFound")},
                          {"503", reference("responses", "Unavailable")}};
      break;
    case RouteId::kStartExport:
      out["parameters"] = Json::array(
          {path_parameter("name"),
           header_parameter("Idempotency-Key", "A repetition within 24 hours gets the first answer "
                                               "again and asks for nothing.")});
      out["responses"] = export_responses();
      break;
    case RouteId::kExports:
      out["parameters"] = table_parameters(exports_table());
      out["responses"] =
          rows_responses(page_schema("exports", reference("schemas", "Export")), false, false);
      break;
    case RouteId::kExport:
      out["parameters"] = Json::array({path_parameter("id")});
      out["responses"] = {{"200", document_response(route, reference("schemas", "Export"))},
                          {"404", reference("responses", "NotFound")},
                          {"503", reference("responses", "Unavailable")}};
      break;
    case RouteId::kStartReplay:
      return replay_operation(std::move(out));
    case RouteId::kReplays:
      out["parameters"] = table_parameters(replays_table());
      out["responses"] =
          rows_responses(page_schema("replays", row_schema(replays_table())), false, false);
      break;
    case RouteId::kReplay:
      out["parameters"] = Json::array({path_parameter("id")});
      out["responses"] = {{"200", document_response(route, reference("schemas", "Replay"))},
                          {"404", reference("responses", "NotFound")},
                          {"503", reference("responses", "Unavailable")}};
      break;
    case RouteId::kUpload:
      return upload_operation(std::move(out));
    case RouteId::kReports:
      out["responses"] = {{"200", document_response(route, reports_schema())},
                          {"503", reference("responses", "Unavailable")}};
      break;
    case RouteId::kLive:
      out["responses"] = {{"200", document_response(route, liveness_schema())}};
      break;
    case RouteId::kReady:
    case RouteId::kHealth:
      out["responses"] = {{"200", document_response(route, readiness_schema())},
                          {"503", document_response(route, readiness_schema())}};
      out["responses"]["503"]["description"] = "Not ready.";
      break;
    case RouteId::kWebPage:
    case RouteId::kWebFile:
      return web_operation(route, std::move(out));
    default:
      out["responses"] = {{"200", document_response(route, route.content_type == "application/json"
                                                               ? Json{{"type", "object"}}
                                                               : Json{{"type", "string"}})}};
  }
  return out;
}

void add_report(Json& document, const ReportSpec& report) {
  const TableSpec table = table_of(report);
  const std::string row_name = "Row." + report.name;
  document["components"]["schemas"][row_name] = row_schema(table);
  Json get = {{"operationId", "get." + report.name},
              {"summary", "Rows of " + report.name},
              {"parameters", table_parameters(table)},
              {"responses",
               rows_responses(report_page_schema(reference("schemas", row_name)), true, false)}};
  secure(get, Needs::kRead);
  document["paths"]["/v1/reports/" + report.name] = {{"get", std::move(get)}};
}

}  // namespace

std::string openapi_document(std::span<const Dataset> datasets, std::string_view version) {
  Json document = {{"openapi", "3.1.0"},
                   {"info", {{"title", "Sluice"}, {"version", version}}},
                   {"paths", Json::object()},
                   {"components", Json::object()}};
  document["components"]["parameters"] = shared_parameters();
  document["components"]["responses"] = shared_responses();
  document["components"]["securitySchemes"] = {{"bearer", bearer_scheme()}};
  document["components"]["schemas"] = {{"Problem", problem_schema()},
                                       {"File", row_schema(files_table())},
                                       {"DeadLetter", row_schema(dead_letters_table())},
                                       {"Export", row_schema(exports_table())},
                                       {"Replay", replay_schema()}};
  document["components"]["schemas"]["ShownDeadLetter"] = shown_letter_schema(row_schema(dead_letters_table()));
  for (const RouteInfo& route : routes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    Json& described = document["paths"][std::string(route.pattern)][method] = operation(route);
    secure(described, route.needs);
  }
  for (const Dataset& dataset : datasets) {
    for (const ReportSpec& report : dataset.reports) add_report(document, report);
  }
  return document.dump(2) + "\n";
}

}  // namespace sluice::api
