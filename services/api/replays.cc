#include "services/api/replays.h"

#include <fmt/format.h>

#include "services/api/core/replay_request.h"
#include "services/api/core/row_writer.h"
#include "services/api/core/table_query.h"

namespace sluice::api {
namespace {

using http::Request;
using http::Response;

// Of files that were found at a time or later the first place; all later places count, too.
constexpr const char* kPlaceSql =
    "SELECT COALESCE((SELECT min(place) FROM _sluice.files WHERE dataset = $1 AND started_at >= $2::timestamptz), "
    "(SELECT max(place) + 1 FROM _sluice.files), 0)";
constexpr const char* kStartSql =
    "INSERT INTO _sluice.replays (id, dataset, report, trigger, state, stage, swap, \"from\", beginning) "
    "VALUES (left(replace(gen_random_uuid()::text, '-', ''), 16), $1, $2, 'request', 'running', 'queued', "
    "$3::boolean, $4, $5) ON CONFLICT (dataset) WHERE state = 'running' DO NOTHING RETURNING id";
constexpr const char* kRunningSql = "SELECT id FROM _sluice.replays WHERE dataset = $1 AND state = 'running'";
constexpr const char* kDetailsSql = "SELECT COALESCE(progress, '[]'), COALESCE(diff, 'null') FROM _sluice.replays WHERE id = $1";

// The replay as JSON; nothing: there is none of this id.
std::optional<std::string> replay_json(postgres::Connection& connection, const std::string& id) {
  const Statement statement = select_one(replays_table(), id);
  const postgres::Rows rows = connection.run(statement.sql, statement.parameters);
  if (rows.size() == 0) return std::nullopt;
  RowWriter writer(Format::kJson, replays_table().columns);
  writer.row(shown_row(replays_table(), rows, 0));
  std::string out = writer.take();
  const Row of_id = {id};
  const postgres::Rows details = connection.run(kDetailsSql, of_id);
  if (details.size() == 0) return std::nullopt;
  out.pop_back();  // the closing brace
  return fmt::format("{},\"progress\":{},\"diff\":{}}}\n", out, details.text(0, 0), details.text(0, 1));
}

}  // namespace

Response start_replay(Database& database, const Catalogue& catalogue, const Request& request) {
  const auto asked = parse_replay_request(request.body, catalogue);
  if (!asked) return http::problem(400, "Bad request", asked.error().message);
  if (catalogue.datasets.at(asked->dataset)) {
    return http::problem(409, "Not to be rebuilt",
                         fmt::format("Dataset '{}' looks up another one, or is looked up by one; such reports cannot "
                                     "be rebuilt yet.",
                                     asked->dataset));
  }
  Response out;
  database.change([&](postgres::Connection& connection) {
    Beginning beginning;
    beginning.offsets = asked->offsets;
    if (asked->since) {
      const Row since = {asked->dataset, to_string(*asked->since)};
      beginning.place = static_cast<std::uint64_t>(connection.run(kPlaceSql, since).integer(0, 0));
    }
    const Row parameters = {asked->dataset, asked->report.empty() ? std::nullopt : std::optional(asked->report),
                            std::string(asked->swap ? "true" : "false"), asked->from, to_json(beginning)};
    const postgres::Rows made = connection.run(kStartSql, parameters);
    if (made.size() == 0) {
      const Row dataset = {asked->dataset};
      const postgres::Rows running = connection.run(kRunningSql, dataset);
      out = http::problem(409, "Under way",
                          fmt::format("Dataset '{}' is being rebuilt: {}. Ask again when that has ended.",
                                      asked->dataset,
                                      running.size() == 0 ? "a moment ago" : "/v1/replays/" + std::string(running.text(0, 0))));
      return;
    }
    const std::string id(made.text(0, 0));
    out.status = 202;
    out.headers.emplace_back("Location", "/v1/replays/" + id);
    out.body = replay_json(connection, id).value_or("");
  });
  return out;
}

Response get_replay(Database& database, const Request& request) {
  std::optional<std::string> found;
  try {
    database.snapshot([&](postgres::Connection& connection) { found = replay_json(connection, request.captures[0]); });
  } catch (const postgres::SqlError& error) {
    if (!is_missing_table(error)) throw;
  }
  if (!found) {
    return http::problem(404, "No such replay", "There is no replay with this id; /v1/replays lists them.");
  }
  Response out;
  out.body = std::move(*found);
  return out;
}

}  // namespace sluice::api
