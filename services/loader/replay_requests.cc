#include "services/loader/replay_requests.h"

#include <functional>
#include <optional>

#include "common/base/error.h"

namespace sluice::loader {
namespace {

using Parameter = std::optional<std::string>;
using Parameters = std::vector<Parameter>;

constexpr const char* kGenerations =
    "SELECT g.dataset, g.live, g.fingerprint, g.path, g.definition, g.beginning, g.cut, g.cut_open, r.generation, "
    "r.fingerprint, r.path, r.definition, r.beginning FROM _sluice.generations AS g LEFT JOIN _sluice.replays AS r "
    "ON r.dataset = g.dataset AND r.state = 'running' AND r.stage IN ('building', 'cutting', 'comparing')";

constexpr const char* kReplays =
    "SELECT id, dataset, trigger = 'definition', stage, swap, beginning, COALESCE(generation, 0), "
    "COALESCE(fingerprint, ''), COALESCE(path, ''), COALESCE(definition, ''), tries, COALESCE(outcome, ''), "
    "(extract(epoch FROM clock_timestamp() - stage_at) * 1000)::bigint FROM _sluice.replays WHERE state = 'running' "
    "ORDER BY requested_at, id";

constexpr const char* kRequestRebuild =
    "INSERT INTO _sluice.replays (id, dataset, trigger, state, stage, swap, \"from\", beginning, fingerprint, path, "
    "definition) SELECT left(replace(gen_random_uuid()::text, '-', ''), 16), $1, 'definition', 'running', 'queued', "
    "true, 'beginning', $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM _sluice.replays WHERE dataset = $1 AND "
    "state = 'failed' AND fingerprint = $3 AND finished_at > now() - interval '10 minutes') "
    "ON CONFLICT (dataset) WHERE state = 'running' DO NOTHING";

Beginning beginning(std::string_view json) {
  auto read = beginning_from_json(json);
  if (!read) throw Unsafe("_sluice.replays holds what this version does not read: " + read.error().message);
  return *std::move(read);
}

std::string text(const postgres::Rows& rows, int row, int column) {
  return std::string(rows.text(row, column));
}

// Moves the replay from the stage that is known to another, and sets more.
bool move(postgres::Connection& connection, const Replay& replay, ReplayStage to, const std::string& more,
          Parameters parameters) {
  parameters.insert(parameters.begin(), {replay.id, to_string(replay.stage), to_string(to)});
  return connection
             .run("UPDATE _sluice.replays SET stage = $3, stage_at = clock_timestamp()" + more +
                      " WHERE id = $1 AND stage = $2 AND state = 'running'",
                  parameters)
             .affected() == 1;
}

// Several statements, all or none.
bool together(postgres::Connection& connection, const std::function<bool()>& work) {
  connection.begin();
  try {
    const bool done = work();
    if (done) {
      connection.commit();
    } else {
      connection.rollback();
    }
    return done;
  } catch (...) {
    connection.rollback();
    throw;
  }
}

}  // namespace

GenerationsByDataset read_generations(postgres::Connection& connection) {
  GenerationsByDataset out;
  const postgres::Rows rows = connection.run(kGenerations);
  for (int i = 0; i < rows.size(); ++i) {
    DatasetGenerations one;
    one.dataset = text(rows, i, 0);
    one.live = {static_cast<int>(rows.integer(i, 1)), text(rows, i, 2), text(rows, i, 3), text(rows, i, 4),
                beginning(rows.text(i, 5))};
    one.cut = static_cast<int>(rows.integer(i, 6));
    one.cut_open = rows.text(i, 7) == "t";
    if (!rows.is_null(i, 8)) {
      one.building = Generation{static_cast<int>(rows.integer(i, 8)), text(rows, i, 9), text(rows, i, 10),
                                text(rows, i, 11), beginning(rows.text(i, 12))};
    }
    out.emplace(one.dataset, std::move(one));
  }
  return out;
}

void note_first_generation(postgres::Connection& connection, const Dataset& dataset) {
  const Parameters parameters{dataset.name, dataset.fingerprint, dataset.path, dataset.text, to_json(Beginning{})};
  connection.run(
      "INSERT INTO _sluice.generations (dataset, live, last, fingerprint, path, definition, beginning) "
      "VALUES ($1, 1, 1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
      parameters);
}

std::vector<Replay> read_replays(postgres::Connection& connection) {
  std::vector<Replay> out;
  const postgres::Rows rows = connection.run(kReplays);
  for (int i = 0; i < rows.size(); ++i) {
    Replay& made = out.emplace_back();
    made.id = text(rows, i, 0);
    made.dataset = text(rows, i, 1);
    made.by_definition = rows.text(i, 2) == "t";
    made.stage = replay_stage(rows.text(i, 3));
    made.swap = rows.text(i, 4) == "t";
    made.from = beginning(rows.text(i, 5));
    made.generation = {static_cast<int>(rows.integer(i, 6)), text(rows, i, 7), text(rows, i, 8), text(rows, i, 9),
                       made.from};
    made.tries = static_cast<int>(rows.integer(i, 10));
    made.outcome = text(rows, i, 11);
    made.in_stage = std::chrono::milliseconds(rows.integer(i, 12));
  }
  return out;
}

bool request_rebuild(postgres::Connection& connection, const Dataset& changed) {
  const Parameters parameters{changed.name, to_json(Beginning{}), changed.fingerprint, changed.path, changed.text};
  return connection.run(kRequestRebuild, parameters).affected() == 1;
}

int next_generation(postgres::Connection& connection, const std::string& dataset) {
  const Parameters parameters{dataset};
  const postgres::Rows rows = connection.run(
      "UPDATE _sluice.generations SET last = last + 1 WHERE dataset = $1 RETURNING last", parameters);
  if (rows.size() == 0) throw TaskBroken("dataset '" + dataset + "' has no generation yet");
  return static_cast<int>(rows.integer(0, 0));
}

bool note_building(postgres::Connection& connection, const Replay& replay, const Generation& generation) {
  return move(connection, replay, ReplayStage::kBuilding,
              ", generation = $4::int, fingerprint = $5, path = $6, definition = $7",
              {std::to_string(generation.number), generation.fingerprint, generation.path, generation.definition});
}

bool note_cut(postgres::Connection& connection, const Replay& replay) {
  return together(connection, [&] {
    const Parameters parameters{replay.dataset};
    connection.run("UPDATE _sluice.generations SET cut = cut + 1, cut_open = true WHERE dataset = $1", parameters);
    return move(connection, replay, ReplayStage::kCutting, "", {});
  });
}

bool note_cut_given_up(postgres::Connection& connection, const Replay& replay) {
  return together(connection, [&] {
    const Parameters parameters{replay.dataset};
    connection.run("UPDATE _sluice.generations SET cut_open = false WHERE dataset = $1", parameters);
    return move(connection, replay, ReplayStage::kBuilding, ", tries = tries + 1", {});
  });
}

bool note_compared(postgres::Connection& connection, const Replay& replay, const std::string& difference) {
  return move(connection, replay, ReplayStage::kComparing, ", diff = $4, compared_at = clock_timestamp()",
              {difference});
}

bool note_decided(postgres::Connection& connection, const Replay& replay, const std::string& outcome,
                  const std::string& garbage, const std::string& error) {
  const bool moved = move(connection, replay, ReplayStage::kRemoving,
                          std::string(", outcome = $4, garbage = $5, error = $6") +
                              (outcome == "done" ? ", swapped_at = clock_timestamp()" : ""),
                          {outcome, garbage, error.empty() ? std::nullopt : Parameter(error)});
  if (!moved) return false;
  const Parameters dataset{replay.dataset};
  connection.run("UPDATE _sluice.generations SET cut_open = false WHERE dataset = $1", dataset);
  return true;
}

void note_progress(postgres::Connection& connection, const Replay& replay, const std::string& progress) {
  const Parameters parameters{replay.id, progress};
  connection.run("UPDATE _sluice.replays SET progress = $2 WHERE id = $1 AND progress IS DISTINCT FROM $2", parameters);
}

void note_ended(postgres::Connection& connection, const Replay& replay) {
  const Parameters parameters{replay.id};
  connection.run("UPDATE _sluice.replays SET state = outcome, finished_at = clock_timestamp() WHERE id = $1 AND state = 'running'",
                 parameters);
}

std::string garbage_of(postgres::Connection& connection, const Replay& replay) {
  const Parameters parameters{replay.id};
  const postgres::Rows rows =
      connection.run("SELECT COALESCE(garbage, '') FROM _sluice.replays WHERE id = $1", parameters);
  return rows.size() == 0 ? std::string() : text(rows, 0, 0);
}

}  // namespace sluice::loader
