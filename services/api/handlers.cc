#include "services/api/handlers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "common/model/event_time.h"
#include "common/telemetry/log.h"
#include "services/api/core/column_value.h"
#include "services/api/core/dead_letters.h"
#include "services/api/core/negotiation.h"
#include "services/api/core/routes.h"
#include "services/api/core/row_writer.h"
#include "services/api/core/table_query.h"
#include "services/api/core/web_page.h"
#include "services/api/dead_letters.h"
#include "services/api/replays.h"
#include "services/api/web_files.h"

namespace sluice::api {
namespace {

using http::Request;
using http::Response;

constexpr std::string_view kReportsSql =
    "SELECT name, revision, updated_at, "
    "round(extract(epoch FROM now() - updated_at)::numeric, 3) FROM _sluice.reports";
constexpr std::string_view kSizesSql =
    "SELECT c.relname, greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')";
// Asked for again while it waits, it is the same: its snapshot is still to be taken.
constexpr const char* kStartExportSql =
    "INSERT INTO _sluice.exports (id, report, state, trigger) "
    "VALUES (left(replace(gen_random_uuid()::text, '-', ''), 16), $1, 'queued', 'request') "
    "ON CONFLICT (report) WHERE state = 'queued' DO UPDATE SET report = EXCLUDED.report "
    "RETURNING id";
// A request with a key that another holds waits here until that one's answer is committed. Keys are forgotten
// after a day.
constexpr const char* kForgetKeysSql =
    "DELETE FROM _sluice.export_keys WHERE key = ANY (ARRAY(SELECT key FROM _sluice.export_keys "
    "WHERE made_at < now() - interval '24 hours' LIMIT 1000 FOR UPDATE SKIP LOCKED))";
constexpr const char* kTakeKeySql =
    "INSERT INTO _sluice.export_keys (key, report) VALUES ($1, $2) "
    "ON CONFLICT (key) DO UPDATE SET report = EXCLUDED.report, location = NULL, answer = NULL, made_at = now() "
    "WHERE export_keys.made_at < now() - interval '24 hours' RETURNING key";
constexpr const char* kKeySql =
    "SELECT report, location, answer FROM _sluice.export_keys WHERE key = $1";
constexpr const char* kKeepAnswerSql =
    "UPDATE _sluice.export_keys SET location = $2, answer = $3 WHERE key = $1";
constexpr std::size_t kMaxKey = 255;
constexpr std::string_view kRevisionSql = "SELECT revision FROM _sluice.reports WHERE name = $1";

Response bad_request(const std::string& why) { return http::problem(400, "Bad request", why); }

Response unavailable(std::string_view why) {
  Response out = http::problem(503, "Temporarily unavailable", why);
  out.headers.emplace_back("Retry-After", "2");
  return out;
}

// What the environment does to a request, as an answer. Details go to the log, not to the client.
template <typename Answer>
Response guarded(const Request& request, Answer answer) {
  try {
    return answer();
  } catch (const postgres::SqlError& error) {
    log::warning("query failed", {{"path", request.path},
                                  {"trace", request.trace_id},
                                  {"sqlstate", error.sqlstate},
                                  {"error", error.what()}});
    if (error.sqlstate == "57014") {
      return unavailable(
          "The query took too long. Narrow it with filters, or order by the key columns.");
    }
    if (error.sqlstate == "42703" || is_missing_table(error)) {
      return unavailable(
          "The table does not have the columns that are asked for: a loader of this version is bringing it up to "
          "them or has not run yet, or the definition has changed under rows that there are (./sluice status tells).");
    }
    if (error.sqlstate.starts_with("22")) {
      return bad_request("A value in the query is outside of what its column can hold.");
    }
    return unavailable("The database refused the query.");
  } catch (const TaskBroken& error) {
    log::warning("database unreachable",
                 {{"path", request.path}, {"trace", request.trace_id}, {"error", error.what()}});
    return unavailable("The database can not be reached.");
  }
}

struct Wanted {
  TableQuery query;
  Format format = Format::kJson;
};

tl::expected<Format, Response> read_format(const Request& request) {
  for (const auto& [name, value] : request.query) {
    if (name != "format") continue;
    const auto format = format_named(value);
    if (!format) return tl::unexpected(bad_request("format is json, csv or ndjson."));
    return *format;
  }
  const auto format = negotiate(request.header("accept"));
  if (!format) {
    return tl::unexpected(
        http::problem(406, "Not acceptable",
                      "This path offers application/json, text/csv and application/x-ndjson."));
  }
  return *format;
}

// The format and the query of a request, or the problem with them.
tl::expected<Wanted, Response> read_request(const TableSpec& table, const Request& request) {
  const auto format = read_format(request);
  if (!format) return tl::unexpected(format.error());
  auto query = parse_table_query(table, request.query, limit_unless_given(*format));
  if (!query) return tl::unexpected(bad_request(query.error().message));
  return Wanted{std::move(*query), *format};
}

struct Page {
  std::string rows;  // as RowWriter gives them
  std::optional<std::string> next;
};

Page read_page(postgres::Connection& connection, const TableSpec& table, const Wanted& wanted) {
  const Statement statement = select_page(table, wanted.query);
  const postgres::Rows rows = connection.run(statement.sql, statement.parameters);
  RowWriter writer(wanted.format, table.columns);
  const int count = std::min(rows.size(), wanted.query.limit);
  const std::int64_t found = count > 0 ? rows.integer(0, static_cast<int>(table.columns.size())) : 0;
  Page out;
  for (int i = 0; i < count; ++i) {
    const Row row = shown_row(table, rows, i);
    writer.row(row);
    if (i + 1 == count && found > count) out.next = cursor_after(table, wanted.query, row);
  }
  out.rows = writer.take();
  return out;
}

std::string next_json(const Page& page) { return page.next ? json_string(*page.next) : "null"; }

Response rows_response(Format format, const Page& page, std::string json_body) {
  Response out;
  out.content_type = std::string(content_type(format));
  out.body = format == Format::kJson ? std::move(json_body) : page.rows;
  out.headers.emplace_back("Vary", "Accept");
  if (page.next) out.headers.emplace_back("Sluice-Next-Cursor", *page.next);
  return out;
}

// A table that the loader has not made yet is an empty one.
void read_if_there(Database& database, const std::function<void(postgres::Connection&)>& read) {
  try {
    database.snapshot(read);
  } catch (const postgres::SqlError& error) {
    if (!is_missing_table(error)) throw;
  }
}

constexpr const char* kProgressSql =
    "SELECT (extract(epoch FROM (SELECT least(event_time_max, finished_at) FROM _sluice.files "
    "WHERE dataset = $1 AND state = 'done' AND event_time_max IS NOT NULL "
    "ORDER BY least(event_time_max, finished_at) DESC LIMIT 1)) * 1000)::bigint, "
    "(extract(epoch FROM (SELECT finished_at FROM _sluice.files WHERE dataset = $1 AND finished_at IS NOT NULL "
    "ORDER BY finished_at DESC LIMIT 1)) * 1000)::bigint, "
    "EXISTS (SELECT FROM _sluice.files WHERE dataset = $1 AND state IN ('found', 'waiting', 'reading')), "
    "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

// Up to when a report is complete, and from which window on it may still change, as JSON.
struct Complete {
  std::string through = "null", first_open = "null";
};

// The letters and digits of it, for an ETag.
std::string tag_of(const Complete& complete) {
  std::string out;
  for (const char c : complete.through) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) out += c;
  }
  return out;
}

Complete read_completeness(postgres::Connection& connection, const CatalogueReport& report) {
  if (!report.completeness.has_event_time) return {};
  const Row dataset = {report.dataset};
  const postgres::Rows rows = connection.run(kProgressSql, dataset);
  const auto number = [&](int column) { return rows.is_null(0, column) ? 0 : rows.integer(0, column); };
  const auto through = report.completeness.through_ms(
      watermark_ms(number(0), number(1), rows.text(0, 2) == "t", report.completeness.idle_ms, number(3)));
  Complete out;
  if (through) out.through = json_string(to_string(Instant{*through * 1000}));
  if (const auto label = report.completeness.first_open(through)) out.first_open = json_string(*label);
  return out;
}

Response get_report(Database& database, const Catalogue& catalogue, const Request& request) {
  const auto found = catalogue.reports.find(request.captures[0]);
  if (found == catalogue.reports.end()) {
    return http::problem(404, "No such report", no_such_report(catalogue, request.captures[0]));
  }
  const CatalogueReport& report = found->second;
  const auto wanted = read_request(report.table, request);
  if (!wanted) return wanted.error();

  std::int64_t revision = 0;
  std::string etag;
  Complete complete;
  bool unchanged = false;
  Page page;
  page.rows = RowWriter(wanted->format, report.table.columns).take();
  read_if_there(database, [&](postgres::Connection& connection) {
    const Row name = {found->first};
    const postgres::Rows rows = connection.run(std::string(kRevisionSql), name);
    if (rows.size() > 0) revision = rows.integer(0, 0);
    complete = read_completeness(connection, report);
    // Only JSON tells how far it is complete, which may change where no row does.
    const bool told = wanted->format == Format::kJson;
    etag = fmt::format("\"{}-{}-{}{}\"", revision, report.shape, static_cast<int>(wanted->format),
                       told ? "-" + tag_of(complete) : "");
    unchanged = is_known_to_client(request.header("if-none-match"), etag);
    if (!unchanged) page = read_page(connection, report.table, *wanted);
  });
  Response out;
  if (unchanged) {
    out.status = 304;
  } else {
    out = rows_response(
        wanted->format, page,
        fmt::format("{{\"report\":{},\"rows\":[{}],\"next\":{},\"complete_through\":{},"
                    "\"first_open_window\":{},\"revision\":{}}}\n",
                    json_string(found->first), page.rows, next_json(page), complete.through, complete.first_open,
                    revision));
  }
  // no-cache: keep it, but ask each time whether it is still right.
  out.headers.emplace_back("Cache-Control", "no-cache");
  out.headers.emplace_back("Sluice-Revision", std::to_string(revision));
  if (!etag.empty()) out.headers.emplace_back("ETag", etag);
  return out;
}

Response list_table(Database& database, const TableSpec& table, std::string_view member,
                    const Request& request) {
  const auto wanted = read_request(table, request);
  if (!wanted) return wanted.error();
  Page page;
  page.rows = RowWriter(wanted->format, table.columns).take();
  read_if_there(database, [&](postgres::Connection& connection) {
    page = read_page(connection, table, *wanted);
  });
  return rows_response(
      wanted->format, page,
      fmt::format("{{\"{}\":[{}],\"next\":{}}}\n", member, page.rows, next_json(page)));
}

Response list_letters(Database& database, const Request& request) {
  Request of_state = request;
  of_state.query = with_state(request.query);
  return list_table(database, dead_letters_table(), "dead_letters", of_state);
}

// The export as JSON; nothing: there is none of this id.
std::optional<std::string> export_json(postgres::Connection& connection, const std::string& id) {
  const Statement statement = select_one(exports_table(), id);
  const postgres::Rows rows = connection.run(statement.sql, statement.parameters);
  if (rows.size() == 0) return std::nullopt;
  RowWriter writer(Format::kJson, exports_table().columns);
  writer.row(shown_row(exports_table(), rows, 0));
  return writer.take() + "\n";
}

// The answer to a repetition; nullopt: the key is new, and this request's from now on.
std::optional<Response> answer_known(postgres::Connection& connection, const std::string& key,
                                     const std::string& report) {
  connection.run(kForgetKeysSql);
  const Row taking = {key, report}, of_key = {key};
  if (connection.run(kTakeKeySql, taking).size() > 0) return std::nullopt;
  const postgres::Rows known = connection.run(kKeySql, of_key);
  if (known.size() == 0) return unavailable("The request's Idempotency-Key was just forgotten.");
  if (known.text(0, 0) != report) {
    return http::problem(422, "Key used before",
                         fmt::format("This Idempotency-Key belongs to a request for the report '{}'. "
                                     "Nothing was asked for; use a key of its own.",
                                     known.text(0, 0)));
  }
  Response out;
  out.status = 202;
  out.headers.emplace_back("Location", known.text(0, 1));
  out.body = known.text(0, 2);
  return out;
}

bool is_key(std::string_view text) {
  return text.size() <= kMaxKey &&
         std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

Response start_export(Database& database, const Catalogue& catalogue, const Request& request) {
  const std::string& name = request.captures[0];
  const auto found = catalogue.reports.find(name);
  if (found == catalogue.reports.end()) {
    return http::problem(404, "No such report", no_such_report(catalogue, name));
  }
  if (!found->second.exported) {
    return http::problem(409, "No export", not_exported(catalogue, name));
  }
  const std::string key(request.header("idempotency-key"));
  if (!is_key(key)) return bad_request("An Idempotency-Key has 1 to 255 printable characters.");
  Response out;
  database.change([&](postgres::Connection& connection) {
    if (!key.empty()) {
      if (auto known = answer_known(connection, key, name)) {
        out = *std::move(known);
        return;
      }
    }
    const Row parameters = {name};
    const std::string id(connection.run(kStartExportSql, parameters).text(0, 0));
    const std::string location = "/v1/exports/" + id;
    out.status = 202;
    out.headers.emplace_back("Location", location);
    out.body = export_json(connection, id).value_or("");
    if (key.empty()) return;
    const Row answer = {key, location, out.body};
    connection.run(kKeepAnswerSql, answer);
  });
  return out;
}

Response get_export(Database& database, const Request& request) {
  std::optional<std::string> found;
  read_if_there(database, [&](postgres::Connection& connection) {
    found = export_json(connection, request.captures[0]);
  });
  if (!found) {
    return http::problem(404, "No such export",
                         "There is no export with this id; /v1/exports lists them.");
  }
  Response out;
  out.body = std::move(*found);
  return out;
}

// A file that was uploaded a moment ago is known to ingest before the database has it.
Response get_file(Database& database, const IngestClient& ingest, const Request& request) {
  RowWriter writer(Format::kJson, files_table().columns);
  bool found = false;
  read_if_there(database, [&](postgres::Connection& connection) {
    const Statement statement = select_one(files_table(), request.captures[0]);
    const postgres::Rows rows = connection.run(statement.sql, statement.parameters);
    if (rows.size() == 0) return;
    found = true;
    writer.row(shown_row(files_table(), rows, 0));
  });
  if (!found) {
    if (auto state = ingest.first_state(request, request.captures[0])) {
      Response out;
      out.body = std::move(*state) + "\n";
      return out;
    }
    return http::problem(404, "No such file",
                         "There is no file with this id; /v1/files lists them.");
  }
  Response out;
  out.body = writer.take() + "\n";
  return out;
}

struct ReportState {
  std::string revision = "0", updated_at = "null", freshness = "null", rows = "0";
};

std::map<std::string, ReportState, std::less<>> read_report_states(Database& database) {
  std::map<std::string, ReportState, std::less<>> out;
  read_if_there(database, [&](postgres::Connection& connection) {
    const postgres::Rows sizes = connection.run(std::string(kSizesSql));
    for (int i = 0; i < sizes.size(); ++i)
      out[std::string(sizes.text(i, 0))].rows = sizes.text(i, 1);
    const postgres::Rows reports = connection.run(std::string(kReportsSql));
    for (int i = 0; i < reports.size(); ++i) {
      ReportState& state = out[std::string(reports.text(i, 0))];
      state.revision = reports.text(i, 1);
      if (reports.is_null(i, 2)) continue;
      state.updated_at = json_string(shown(ColumnType::kTimestamp, reports.text(i, 2)));
      state.freshness = reports.text(i, 3);
    }
  });
  return out;
}

// What a page needs to plot a column and to add it up rightly.
std::string column_meaning(const TableColumn& column) {
  std::string out = fmt::format(",\"kind\":\"{}\"", kind_name(column.kind));
  if (column.kind == TableColumn::Kind::kWindow) {
    out += fmt::format(",\"window\":{{\"unit\":\"{}\",\"pattern\":{}}}", column.window_unit,
                       json_string(column.window_pattern));
  }
  if (column.kind == TableColumn::Kind::kMeasure) out += fmt::format(",\"sums\":{}", column.sums);
  if (!column.currency.empty()) out += fmt::format(",\"currency\":{}", json_string(column.currency));
  return out;
}

std::string columns_json(const TableSpec& table) {
  std::string out;
  for (const TableColumn& column : table.columns) {
    out += fmt::format("{}{{\"name\":{},\"type\":\"{}\",\"key\":{}{}}}", out.empty() ? "" : ",",
                       json_string(column.name), type_name(column.type), column.in_key,
                       column_meaning(column));
  }
  return out;
}

Response list_reports(Database& database, const Catalogue& catalogue) {
  const auto states = read_report_states(database);
  std::map<std::string, Complete, std::less<>> complete;
  read_if_there(database, [&](postgres::Connection& connection) {
    for (const auto& [name, report] : catalogue.reports) complete[name] = read_completeness(connection, report);
  });
  std::string list;
  for (const auto& [name, report] : catalogue.reports) {
    const auto found = states.find(name);
    const ReportState state = found == states.end() ? ReportState{} : found->second;
    list += fmt::format(
        "{}{{\"name\":{},\"dataset\":{},\"url\":{},\"columns\":[{}],\"revision\":{},\"updated_at\":"
        "{},"
        "\"freshness_seconds\":{},\"rows_estimate\":{},\"complete_through\":{},\"first_open_window\":{}}}",
        list.empty() ? "" : ",", json_string(name), json_string(report.dataset),
        json_string("/v1/reports/" + name), columns_json(report.table), state.revision,
        state.updated_at, state.freshness, state.rows, complete[name].through, complete[name].first_open);
  }
  Response out;
  out.body = "{\"reports\":[" + list + "]}\n";
  return out;
}

Response document(std::string content_type, const std::string& body) {
  Response out;
  out.content_type = std::move(content_type);
  out.body = body;
  out.headers.emplace_back("Cache-Control", "no-cache");
  return out;
}

// The files never change while the process runs.
Response get_web_file(std::string_view name, const Request& request) {
  static const WebPage page(web_files());
  const WebFile* file = page.find(name);
  if (file == nullptr) return http::problem(404, "Not found", "The web page has no such file.");
  Response out;
  out.headers = web_headers(*file);
  if (is_known_to_client(request.header("if-none-match"), file->etag)) {
    out.status = 304;
    return out;
  }
  out.content_type = std::string(file->content_type);
  out.body = std::string(file->bytes);
  return out;
}

Response answer(RouteId route, Database& database, const IngestClient& ingest,
                const Catalogue& catalogue, const Request& request) {
  switch (route) {
    case RouteId::kWebPage:
      return get_web_file(WebPage::kIndex, request);
    case RouteId::kWebFile:
      return get_web_file(request.captures[0], request);
    case RouteId::kOpenApi:
      return document("application/json", catalogue.openapi);
    case RouteId::kReports:
      return list_reports(database, catalogue);
    case RouteId::kReport:
      return get_report(database, catalogue, request);
    case RouteId::kFiles:
      return list_table(database, files_table(), "files", request);
    case RouteId::kFile:
      return get_file(database, ingest, request);
    case RouteId::kDeadLetters:
      return list_letters(database, request);
    case RouteId::kDeadLetterGroups:
      return list_letter_groups(database, request);
    case RouteId::kDeadLetter:
      return get_letter(database, request);
    case RouteId::kRetryDeadLetters:
      return retry_letters(database, ingest, request);
    case RouteId::kDiscardDeadLetters:
      return discard_letters(database, request);
    case RouteId::kStartExport:
      return start_export(database, catalogue, request);
    case RouteId::kExports:
      return list_table(database, exports_table(), "exports", request);
    case RouteId::kExport:
      return get_export(database, request);
    case RouteId::kStartReplay:
      return start_replay(database, catalogue, request);
    case RouteId::kReplays:
      return list_table(database, replays_table(), "replays", request);
    case RouteId::kReplay:
      return get_replay(database, request);
    default:
      return http::problem(404, "Not found", "There is nothing at this path.");
  }
}

}  // namespace

void register_routes(http::Server& server, std::shared_ptr<Database> database,
                     CurrentCatalogue catalogue, std::shared_ptr<const IngestClient> ingest,
                     std::uint64_t upload_limit_bytes) {
  for (const RouteInfo& route : routes()) {
    if (route.from_host) continue;
    const std::string method(route.method), pattern(route.pattern);
    if (route.id == RouteId::kUpload) {
      server.route_streaming(method, pattern, upload_limit_bytes,
                             [ingest](const Request& request, http::BodyReader& body) {
                               return ingest->upload(request, body);
                             });
      continue;
    }
    // Answers of the pool count into the bound of what waits for its clients; the document is the one that is made once
    // and is small.
    const bool on_io_thread = route.id == RouteId::kOpenApi;
    server.route(method, pattern,
                 on_io_thread ? http::Runs::kOnIoThread : http::Runs::kOnBlockingPool,
                 [id = route.id, database, catalogue, ingest](const Request& request) {
                   return guarded(request, [&] {
                     return answer(id, *database, *ingest, *catalogue(), request);
                   });
                 });
  }
}

}  // namespace sluice::api
