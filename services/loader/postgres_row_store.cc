#include "services/loader/postgres_row_store.h"

#include <algorithm>

#include "common/base/crash_point.h"
#include "common/base/sql_text.h"
#include "services/loader/schema.h"

namespace sluice::loader {
namespace {

using Parameters = std::vector<std::optional<std::string>>;

// The generation that is the report; 1 where nothing is known.
constexpr const char* kLive = "COALESCE((SELECT live FROM _sluice.generations WHERE dataset = ";
constexpr const char* kPosition = " WHERE app = $1 AND topic = $2 AND partition = $3::int";

std::optional<std::string> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

PostgresRowStore::PostgresRowStore(const std::string& url, const Target& target, std::string app,
                                   std::string owner)
    : app_(std::move(app)),
      owner_(std::move(owner)),
      connection_(url, "sluice-loader " + target.name),
      target_(placed(target)),
      sql_(statements_for(target_)) {
  prepare_session(connection_);
  connection_.run(sql_.create_staging);
  connection_.run(sql_.create_gone);
}

Target PostgresRowStore::placed(const Target& target) {
  Target out = target;
  if (target.kind != TargetKind::kRows) return out;
  const Parameters parameters{target.dataset};
  live_ = static_cast<int>(
      connection_.run("SELECT " + std::string(kLive) + "$1), 1)", parameters).integer(0, 0));
  if (live_ > target.generation) {
    throw TaskBroken("generation " + std::to_string(target.generation) + " of dataset '" + target.dataset +
                     "' is superseded by generation " + std::to_string(live_));
  }
  if (live_ < target.generation) out.table.schema = kShadowSchema;
  return out;
}

Parameters PostgresRowStore::position_key(const TopicPartition& partition) const {
  return {app_, partition.topic, std::to_string(partition.partition)};
}

Claim PostgresRowStore::take_over(const TopicPartition& partition) {
  Parameters parameters = position_key(partition);
  connection_.begin();
  connection_.run(
      "INSERT INTO _sluice.positions (app, topic, partition, next_offset, epoch) "
      "VALUES ($1, $2, $3::int, 0, 0) ON CONFLICT DO NOTHING",
      parameters);
  const postgres::Rows age = connection_.run(
      std::string("SELECT COALESCE((extract(epoch FROM now() - updated_at) * 1000)::bigint, 0) "
                  "FROM _sluice.positions") +
          kPosition,
      parameters);
  parameters.emplace_back(owner_);
  // Waits for a transaction that the older owner has open: it ends, or the server ends it.
  const postgres::Rows rows = connection_.run(
      std::string(
          "UPDATE _sluice.positions SET epoch = epoch + 1, owner = $4") +
          kPosition + " RETURNING next_offset, epoch",
      parameters);
  const Claim claim{rows.integer(0, 0), rows.integer(0, 1), age.size() == 1 ? age.integer(0, 0) : 0};
  connection_.commit();
  return claim;
}

Written PostgresRowStore::write(const TopicPartition& partition, const Claim& claim,
                                const RowBatch& batch, std::int64_t next) {
  from_ = partition;
  poisoned_ = 0;
  staged_ = gone_staged_ = false;
  connection_.begin();
  try {
    check_claim(partition, claim);
    Written written = write_rows(batch);
    if (target_.kind == TargetKind::kRows && written.upserted + written.deleted > 0 &&
        target_.generation == live_) {
      bump_report();
    }
    Parameters parameters = position_key(partition);
    parameters.emplace_back(std::to_string(next));
    connection_.run(std::string("UPDATE _sluice.positions SET next_offset = $4::bigint, "
                                "updated_at = now()") +
                        kPosition,
                    parameters);
    crash_point("loader.before-commit");
    connection_.commit();
    crash_point("loader.after-commit");
    return written;
  } catch (...) {
    connection_.rollback();
    throw;
  }
}

void PostgresRowStore::check_claim(const TopicPartition& partition, const Claim& claim) {
  Parameters parameters = position_key(partition);
  parameters.emplace_back(target_.dataset);
  const postgres::Rows rows =
      connection_.run(std::string("SELECT next_offset, epoch, ") + kLive +
                          "$4), 1) FROM _sluice.positions" + kPosition + " FOR UPDATE",
                      parameters);
  const std::string name =
      "partition " + std::to_string(partition.partition) + " of topic '" + partition.topic + "'";
  if (rows.size() != 1) throw TaskBroken("the position of " + name + " is gone from the database");
  if (rows.integer(0, 1) != claim.epoch) {
    throw Fenced("another loader has taken over " + name);
  }
  if (rows.integer(0, 0) != claim.next_offset) {
    throw TaskBroken("the position of " + name + " in the database is " +
                     std::string(rows.text(0, 0)) + " and not " +
                     std::to_string(claim.next_offset));
  }
  if (target_.kind == TargetKind::kRows && rows.integer(0, 2) != live_) {
    throw TaskBroken("another generation of dataset '" + target_.dataset + "' is the report now");
  }
}

Written PostgresRowStore::write_rows(const RowBatch& batch) {
  std::vector<const PendingRow*> gone, kept;
  for (const PendingRow& row : batch.rows()) {
    if (row.removed) gone.push_back(&row);
    if (row.row) kept.push_back(&row);
  }
  Written written;
  // A dead letter is settled, not deleted; it may have come with the batch.
  const bool letters = target_.kind == TargetKind::kDeadLetters;
  if (!gone.empty() && !letters) written.deleted = attempt(&PostgresRowStore::remove, gone);
  if (target_.kind == TargetKind::kRows) kept = not_deleted(std::move(kept));
  if (!kept.empty()) written.upserted = attempt(&PostgresRowStore::upsert, kept);
  if (!gone.empty() && letters) written.deleted = attempt(&PostgresRowStore::remove, gone);
  for (const DeadLetter& letter : batch.dead_letters()) keep_dead_letter(letter);
  written.poisoned = poisoned_;
  return written;
}

std::vector<const PendingRow*> PostgresRowStore::not_deleted(std::vector<const PendingRow*> rows) {
  Parameters parameters{target_.table.tombstones};
  const postgres::Rows any = connection_.run(
      "SELECT EXISTS (SELECT FROM _sluice.tombstones WHERE report = $1)", parameters);
  if (rows.empty() || any.text(0, 0) != "t") return rows;
  std::vector<std::string_view> keys;
  for (const PendingRow* row : rows) keys.push_back(row->key);
  parameters.emplace_back(text_array(keys));
  const postgres::Rows deleted = connection_.run(
      "SELECT key, revision FROM _sluice.tombstones WHERE report = $1 AND key = ANY ($2::text[])",
      parameters);
  std::unordered_map<std::string_view, std::int64_t> revisions;
  for (int row = 0; row < deleted.size(); ++row) {
    revisions.emplace(deleted.text(row, 0), deleted.integer(row, 1));
  }
  std::erase_if(rows, [&](const PendingRow* row) {
    const auto found = revisions.find(row->key);
    return found != revisions.end() && row->row->version[0] <= found->second;
  });
  return rows;
}

std::uint64_t PostgresRowStore::attempt(Step step, Piece rows) {
  connection_.run("SAVEPOINT piece");
  try {
    const std::uint64_t affected = (this->*step)(rows);
    connection_.run("RELEASE SAVEPOINT piece");
    return affected;
  } catch (const postgres::SqlError& error) {
    if (!is_data_error(error.sqlstate)) throw;
    connection_.run("ROLLBACK TO SAVEPOINT piece");
    connection_.run("RELEASE SAVEPOINT piece");
    if (rows.size() == 1) {
      const PendingRow& row = *rows.front();
      keep_dead_letter(poison_letter(target_, from_, row.offset,
                                     row.message.empty() ? row.key : row.message, error.what()));
      return 0;
    }
  }
  const std::size_t half = rows.size() / 2;
  const std::uint64_t first = attempt(step, rows.first(half));
  return first + attempt(step, rows.subspan(half));
}

std::uint64_t PostgresRowStore::remove(Piece rows) {
  std::string copy;
  for (const PendingRow* row : rows) {
    copy.append(*row->removed).push_back('\t');
    append_copy_text(copy, target_.kind == TargetKind::kDeadLetters ? row->retry : row->key);
    copy.append("\t").append(row->floor ? std::to_string(*row->floor) : "\\N").push_back('\n');
  }
  if (gone_staged_) connection_.run("TRUNCATE pg_temp._gone");
  connection_.copy_in(sql_.copy_gone, copy);
  Parameters parameters;
  if (target_.kind == TargetKind::kRows) parameters.emplace_back(target_.table.tombstones);
  const auto deleted = connection_.run(sql_.remove, parameters).integer(0, 0);
  gone_staged_ = true;
  return static_cast<std::uint64_t>(deleted);
}

std::uint64_t PostgresRowStore::upsert(Piece rows) {
  std::size_t size = 0;
  for (const PendingRow* row : rows) size += row->row->copy.size() + 1;
  std::string copy;
  copy.reserve(size);
  for (const PendingRow* row : rows) copy.append(row->row->copy).push_back('\n');
  if (staged_) connection_.run("TRUNCATE pg_temp._staging");
  connection_.copy_in(sql_.copy_staging, copy);
  crash_point("loader.after-copy");
  const auto affected = static_cast<std::uint64_t>(connection_.run(sql_.upsert).affected());
  staged_ = true;
  return affected;
}

void PostgresRowStore::keep_dead_letter(const DeadLetter& letter) {
  const Parameters parameters{letter.id,   text_or_null(letter.dataset),
                              letter.rule, letter.reason,
                              letter.row,  letter.stage};
  connection_.run(
      "INSERT INTO _sluice.dead_letters "
      "(id, dataset, entry, line, rule, reason, \"row\", stage, created_at) "
      "VALUES ($1, $2, 0, 0, $3, $4, $5, $6, now()) ON CONFLICT (id) DO NOTHING",
      parameters);
  ++poisoned_;
}

void PostgresRowStore::bump_report() {
  const Parameters parameters{target_.report->name};
  connection_.run(
      "INSERT INTO _sluice.reports AS r (name, revision, updated_at) "
      "VALUES ($1, 1, now()) ON CONFLICT (name) DO UPDATE "
      "SET revision = r.revision + 1, updated_at = clock_timestamp()",
      parameters);
}

}  // namespace sluice::loader
