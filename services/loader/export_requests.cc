#include "services/loader/export_requests.h"

#include <array>

#include "services/loader/core/statements.h"

namespace sluice::loader {
namespace {

using Parameter = std::optional<std::string>;

Parameter parameter(const std::optional<std::int64_t>& value) {
  if (!value) return std::nullopt;
  return std::to_string(*value);
}

Parameter parameter(const std::optional<Instant>& value) {
  if (!value) return std::nullopt;
  return to_string(*value);
}

std::string list_of(const std::vector<std::string>& names) {
  return text_array(std::vector<std::string_view>(names.begin(), names.end()));
}

std::optional<std::int64_t> integer(const postgres::Rows& rows, int column) {
  if (rows.is_null(0, column)) return std::nullopt;
  return rows.integer(0, column);
}

std::optional<Instant> instant(const postgres::Rows& rows, int column) {
  const auto micros = integer(rows, column);
  if (!micros) return std::nullopt;
  return Instant{*micros};
}

constexpr const char* kSchedule =
    "INSERT INTO _sluice.exports (id, report, state, trigger, slot) "
    "VALUES (left(replace(gen_random_uuid()::text, '-', ''), 16), $1, 'queued', 'schedule', "
    "$2::timestamptz) ON CONFLICT (report) WHERE state = 'queued' DO UPDATE SET slot = "
    "EXCLUDED.slot";

constexpr const char* kScheduleState =
    "SELECT COALESCE((SELECT revision FROM _sluice.reports WHERE name = $1), 0), "
    "(SELECT (extract(epoch FROM max(slot)) * 1000000)::bigint FROM _sluice.exports "
    "WHERE report = $1)";

constexpr const char* kClaim =
    "UPDATE _sluice.exports SET state = 'running', attempts = attempts + 1, next_try_at = NULL, "
    "started_at = COALESCE(started_at, now()) WHERE id = (SELECT e.id FROM _sluice.exports AS e "
    "WHERE e.state IN ('queued', 'running') AND e.report = ANY ($1::text[]) AND CASE e.state "
    "WHEN 'running' THEN COALESCE(e.next_try_at <= now(), true) "
    "ELSE NOT EXISTS (SELECT FROM _sluice.exports AS r WHERE r.report = e.report "
    "AND r.state = 'running') END ORDER BY e.state = 'queued', e.requested_at, e.id LIMIT 1) "
    "RETURNING id, report, attempts, (extract(epoch FROM taken_at) * 1000000)::bigint, "
    "hist_bytes, rows, revision";

}  // namespace

void request_scheduled(postgres::Connection& connection, const std::string& report, Instant slot) {
  const std::array parameters = {Parameter(report), parameter(slot)};
  connection.run(kSchedule, parameters);
}

ScheduleState schedule_state(postgres::Connection& connection, const std::string& report) {
  const std::array parameters = {Parameter(report)};
  const postgres::Rows rows = connection.run(kScheduleState, parameters);
  return {rows.integer(0, 0) > 0, instant(rows, 1)};
}

std::optional<ExportRun> claim_export(postgres::Connection& connection,
                                      const std::vector<std::string>& reports) {
  const std::array parameters = {Parameter(list_of(reports))};
  const postgres::Rows rows = connection.run(kClaim, parameters);
  if (rows.size() == 0) return std::nullopt;
  return ExportRun{std::string(rows.text(0, 0)),
                   std::string(rows.text(0, 1)),
                   static_cast<int>(rows.integer(0, 2)),
                   instant(rows, 3),
                   integer(rows, 4),
                   integer(rows, 5).value_or(0),
                   integer(rows, 6).value_or(0)};
}

std::optional<Instant> last_snapshot(postgres::Connection& connection, const std::string& report) {
  const std::array parameters = {Parameter(report)};
  return instant(
      connection.run("SELECT (extract(epoch FROM max(taken_at)) * 1000000)::bigint "
                     "FROM _sluice.exports WHERE report = $1",
                     parameters),
      0);
}

void note_files(postgres::Connection& connection, const std::string& id,
                const ExportedFiles& files) {
  const std::array parameters = {Parameter(id),
                                 parameter(files.taken_at),
                                 Parameter(std::to_string(files.revision)),
                                 Parameter(std::to_string(files.rows)),
                                 files.current,
                                 parameter(files.current_bytes),
                                 files.hist,
                                 parameter(files.hist_bytes),
                                 parameter(files.current_revision),
                                 parameter(files.current_rows)};
  connection.run(
      "UPDATE _sluice.exports SET taken_at = $2::timestamptz, revision = $3::bigint, "
      "rows = $4::bigint, current = $5, current_bytes = $6::bigint, hist = $7, "
      "hist_bytes = $8::bigint, current_revision = $9::bigint, current_rows = $10::bigint "
      "WHERE id = $1",
      parameters);
}

void note_done(postgres::Connection& connection, const std::string& id) {
  const std::array parameters = {Parameter(id)};
  connection.run(
      "UPDATE _sluice.exports SET state = 'done', finished_at = now(), error = NULL WHERE id = $1",
      parameters);
}

void note_failed(postgres::Connection& connection, const std::string& id,
                 const std::string& reason) {
  const std::array parameters = {Parameter(id), Parameter(reason)};
  connection.run(
      "UPDATE _sluice.exports SET state = 'failed', finished_at = now(), error = $2 WHERE id = $1",
      parameters);
}

void note_retry(postgres::Connection& connection, const std::string& id, const std::string& reason,
                std::chrono::seconds pause) {
  const std::array parameters = {Parameter(id), Parameter(reason),
                                 Parameter(std::to_string(pause.count()))};
  connection.run(
      "UPDATE _sluice.exports SET error = $2, next_try_at = now() + $3::int * interval '1 second' "
      "WHERE id = $1",
      parameters);
}

void note_interrupted(postgres::Connection& connection, const std::string& id) {
  const std::array parameters = {Parameter(id)};
  connection.run("UPDATE _sluice.exports SET attempts = attempts - 1 WHERE id = $1", parameters);
}

std::int64_t fail_strangers(postgres::Connection& connection,
                            const std::vector<std::string>& reports) {
  const std::array parameters = {Parameter(list_of(reports))};
  return connection
      .run("UPDATE _sluice.exports SET state = 'failed', finished_at = now(), error = 'no "
           "definition that runs gives this report an export' WHERE state IN ('queued', "
           "'running') AND NOT report = ANY ($1::text[]) AND requested_at < now() - interval '1 "
           "minute'",
           parameters)
      .affected();
}

}  // namespace sluice::loader
