#include "services/loader/schema.h"

#include <array>

namespace sluice::loader {
namespace {

constexpr int kSchemaVersion = 1;

// "sluice", so that no other program takes the same lock by chance.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(126948362219365)";

constexpr std::array kOwnTables = {
    "CREATE SCHEMA IF NOT EXISTS _sluice",
    "CREATE TABLE IF NOT EXISTS _sluice.migrations (version int PRIMARY KEY, applied_at "
    "timestamptz)",
    "CREATE TABLE IF NOT EXISTS _sluice.positions (app text, topic text, partition int, "
    "next_offset bigint NOT NULL, epoch bigint NOT NULL, owner text, updated_at timestamptz, "
    "PRIMARY KEY (app, topic, partition)) WITH (fillfactor = 50)",
    "CREATE TABLE IF NOT EXISTS _sluice.reports (name text PRIMARY KEY, revision bigint NOT NULL, "
    "updated_at timestamptz) WITH (fillfactor = 50)",
    "CREATE TABLE IF NOT EXISTS _sluice.tombstones (report text, key text COLLATE \"C\", "
    "revision bigint NOT NULL, PRIMARY KEY (report, key))",
    "ALTER TABLE _sluice.tombstones "
    "ADD COLUMN IF NOT EXISTS deleted_at timestamptz NOT NULL DEFAULT now()",
    "CREATE TABLE IF NOT EXISTS _sluice.exports (id text COLLATE \"C\" PRIMARY KEY, "
    "report text COLLATE \"C\" NOT NULL, state text NOT NULL, trigger text NOT NULL, "
    "slot timestamptz, requested_at timestamptz NOT NULL DEFAULT now(), started_at timestamptz, "
    "finished_at timestamptz, next_try_at timestamptz, attempts bigint NOT NULL DEFAULT 0, "
    "taken_at timestamptz, revision bigint, rows bigint, current text, current_bytes bigint, "
    "hist text, hist_bytes bigint, error text)",
    "ALTER TABLE _sluice.exports ADD COLUMN IF NOT EXISTS current_rows bigint, "
    "ADD COLUMN IF NOT EXISTS current_revision bigint",
    // Of requests for exports, for a day, by the key that they came with; the api writes them.
    "CREATE TABLE IF NOT EXISTS _sluice.export_keys (key text COLLATE \"C\" PRIMARY KEY, "
    "report text NOT NULL, location text, answer text, made_at timestamptz NOT NULL DEFAULT now())",
    // Whoever asks while one waits means that one: its snapshot is still to be taken.
    "CREATE UNIQUE INDEX IF NOT EXISTS exports_queued ON _sluice.exports (report) "
    "WHERE state = 'queued'",
    "CREATE INDEX IF NOT EXISTS exports_open ON _sluice.exports (requested_at) "
    "WHERE state IN ('queued', 'running')",
    "CREATE INDEX IF NOT EXISTS exports_of_report ON _sluice.exports (report, requested_at)",
    // Of each dataset, which generation of its pipeline is the report, and by which definition it works.
    "CREATE TABLE IF NOT EXISTS _sluice.generations (dataset text COLLATE \"C\" PRIMARY KEY, live int NOT NULL, "
    "last int NOT NULL, cut int NOT NULL DEFAULT 0, cut_open boolean NOT NULL DEFAULT false, "
    "fingerprint text NOT NULL, path text NOT NULL, definition text NOT NULL, beginning text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS _sluice.replays (id text COLLATE \"C\" PRIMARY KEY, "
    "dataset text COLLATE \"C\" NOT NULL, report text, trigger text NOT NULL, state text NOT NULL, "
    "stage text NOT NULL, swap boolean NOT NULL, \"from\" text NOT NULL, beginning text NOT NULL, generation int, "
    "fingerprint text, path text, definition text, tries int NOT NULL DEFAULT 0, "
    "requested_at timestamptz NOT NULL DEFAULT now(), stage_at timestamptz NOT NULL DEFAULT now(), "
    "compared_at timestamptz, swapped_at timestamptz, finished_at timestamptz, progress text, diff text, "
    "outcome text, garbage text, error text)",
    "CREATE UNIQUE INDEX IF NOT EXISTS replays_running ON _sluice.replays (dataset) WHERE state = 'running'",
    "CREATE INDEX IF NOT EXISTS replays_requested ON _sluice.replays (requested_at)"};

// What is asked for most: the letters of a dataset that nobody has settled.
constexpr const char* kOpenLetters =
    "CREATE INDEX IF NOT EXISTS dead_letters_open ON _sluice.dead_letters (dataset, id) WHERE state = 'open'";

// In pieces, and around the rows that a loader works on just now, so that nobody waits for it.
constexpr const char* kPurge =
    "DELETE FROM _sluice.tombstones WHERE ctid = ANY (ARRAY(SELECT ctid FROM _sluice.tombstones "
    "WHERE deleted_at < now() - interval '1 day' LIMIT 10000 FOR UPDATE SKIP LOCKED))";

// All but each report's last, by which the next is named and found due.
constexpr const char* kPurgeExports =
    "DELETE FROM _sluice.exports AS e WHERE e.state IN ('done', 'failed') "
    "AND e.requested_at < now() - interval '30 days' AND COALESCE(e.taken_at < (SELECT "
    "max(l.taken_at) FROM _sluice.exports AS l WHERE l.report = e.report), true) AND "
    "COALESCE(e.slot < (SELECT max(l.slot) FROM _sluice.exports AS l WHERE l.report = e.report), "
    "true)";

constexpr const char* kColumns =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
    "EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary "
    "AND a.attnum = ANY (i.indkey)), a.atthasdef "
    "FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT "
    "a.attisdropped "
    "ORDER BY a.attnum";

std::vector<ExistingColumn> columns_of(postgres::Connection& connection, const TablePlan& table) {
  const std::optional<std::string> name[] = {table.qualified()};
  const postgres::Rows rows = connection.run(kColumns, name);
  std::vector<ExistingColumn> out;
  for (int row = 0; row < rows.size(); ++row) {
    const auto yes = [&](int column) { return rows.text(row, column) == "t"; };
    out.push_back(
        {std::string(rows.text(row, 0)), std::string(rows.text(row, 1)), yes(2), yes(3), yes(4)});
  }
  return out;
}

void make_own_tables(postgres::Connection& connection) {
  for (const char* statement : kOwnTables) connection.run(statement);
  const postgres::Rows version =
      connection.run("SELECT COALESCE(max(version), 0) FROM _sluice.migrations");
  if (version.integer(0, 0) > kSchemaVersion) {
    throw Unsafe("The database's tables are of version " + std::to_string(version.integer(0, 0)) +
                 ", made by a newer Sluice than this one, which knows version " +
                 std::to_string(kSchemaVersion) + ". Start the newer one");
  }
  const std::optional<std::string> ours[] = {std::to_string(kSchemaVersion)};
  connection.run("INSERT INTO _sluice.migrations VALUES ($1::int, now()) ON CONFLICT DO NOTHING",
                 ours);
}

// A new table is filled from its topic's beginning, also where there was one before that someone
// dropped.
void forget_former(postgres::Connection& connection, const TablePlan& table) {
  if (table.topic.empty()) return;
  const std::optional<std::string> topic[] = {table.topic},
                                   name[] = {table.tombstones.empty() ? table.name : table.tombstones};
  connection.run("DELETE FROM _sluice.positions WHERE topic = $1", topic);
  connection.run("DELETE FROM _sluice.tombstones WHERE report = $1", name);
}

void prepare(postgres::Connection& connection, const TablePlan& table) {
  const auto existing = columns_of(connection, table);
  for (const std::string& statement : migration(table, existing)) connection.run(statement);
  if (existing.empty()) forget_former(connection, table);
  for (const std::string& index : table.indexes) connection.run("CREATE INDEX IF NOT EXISTS " + index);
  if (table.qualified() == dead_letters_table().qualified()) connection.run(kOpenLetters);
}

constexpr const char* kGenerationIs =
    "SELECT CASE WHEN EXISTS (SELECT FROM _sluice.generations WHERE dataset = $1 AND live = $2::int) THEN 'live' "
    "WHEN EXISTS (SELECT FROM _sluice.replays WHERE dataset = $1 AND generation = $2::int AND state = 'running' "
    "AND stage <> 'removing') THEN 'building' ELSE 'gone' END";

}  // namespace

void under_schema_lock(postgres::Connection& connection, const std::function<void()>& work) {
  connection.begin();
  try {
    connection.run(kLock);
    work();
    connection.commit();
  } catch (...) {
    connection.rollback();
    throw;
  }
}

void prepare_tables(postgres::Connection& connection, const std::vector<TablePlan>& tables) {
  under_schema_lock(connection, [&] {
    make_own_tables(connection);
    for (const TablePlan& table : tables) prepare(connection, table);
  });
}

void prepare_generation(postgres::Connection& connection, const std::string& dataset, int generation,
                        std::vector<TablePlan> tables) {
  under_schema_lock(connection, [&] {
    const std::optional<std::string> asked[] = {dataset, std::to_string(generation)};
    const std::string is(connection.run(kGenerationIs, asked).text(0, 0));
    if (is == "gone") {
      throw TaskBroken("generation " + std::to_string(generation) + " of dataset '" + dataset + "' is no more");
    }
    if (is == "building") connection.run(std::string("CREATE SCHEMA IF NOT EXISTS ") + kShadowSchema);
    for (TablePlan& table : tables) {
      if (is == "building") table.schema = kShadowSchema;
      prepare(connection, table);
    }
  });
}

std::uint64_t purge_tombstones(postgres::Connection& connection) {
  std::uint64_t purged = 0;
  for (;;) {
    const auto piece = static_cast<std::uint64_t>(connection.run(kPurge).affected());
    if (piece == 0) return purged;
    purged += piece;
  }
}

std::uint64_t purge_exports(postgres::Connection& connection) {
  connection.run(
      "DELETE FROM _sluice.replays WHERE state <> 'running' AND finished_at < now() - interval '30 days'");
  return static_cast<std::uint64_t>(connection.run(kPurgeExports).affected());
}

void prepare_session(postgres::Connection& connection) {
  // How long a loader that was frozen in its transaction can hold up the one that takes over.
  connection.run("SET idle_in_transaction_session_timeout = '10s'");
  connection.run("SET lock_timeout = '60s'");
  connection.run("SET TimeZone = 'UTC'");
}

}  // namespace sluice::loader
