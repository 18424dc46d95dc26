#pragma once
// RowStore in PostgreSQL. A batch and its position are one transaction; the owner is who raised the
// position's epoch last. Rows of a generation that is not the report yet go to a table of their own, and where another
// generation becomes the report, every store of its dataset is dead and is to be made anew.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/adapters/postgres/connection.h"
#include "services/loader/core/row_store.h"
#include "services/loader/core/statements.h"

namespace sluice::loader {

class PostgresRowStore final : public RowStore {
 public:
  // Connects. TaskBroken where the target's generation is superseded. `app` keeps apart the positions of installations
  // that share a database; `owner` is
  // for people who look.
  PostgresRowStore(const std::string& url, const Target& target, std::string app,
                   std::string owner);

  Claim take_over(const TopicPartition& partition) override;
  Written write(const TopicPartition& partition, const Claim& claim, const RowBatch& batch,
                std::int64_t next) override;

 private:
  using Piece = std::span<const PendingRow* const>;
  // One of the two things that are done with rows, by number of affected rows.
  using Step = std::uint64_t (PostgresRowStore::*)(Piece);

  // The target with its table where rows of its generation belong now.
  Target placed(const Target& target);
  std::vector<std::optional<std::string>> position_key(const TopicPartition& partition) const;
  void check_claim(const TopicPartition& partition, const Claim& claim);
  Written write_rows(const RowBatch& batch);
  // Rows that are not older than what was deleted.
  std::vector<const PendingRow*> not_deleted(std::vector<const PendingRow*> rows);
  // Runs the step for the rows; where the data is refused, finds the rows that cause it by halving
  // and makes dead letters of them.
  std::uint64_t attempt(Step step, Piece rows);
  std::uint64_t remove(Piece rows);
  std::uint64_t upsert(Piece rows);
  void keep_dead_letter(const DeadLetter& letter);
  void bump_report();

  std::string app_;
  std::string owner_;
  postgres::Connection connection_;
  int live_ = 1;  // the generation that is the report, when this was made
  Target target_;
  LoadStatements sql_;
  // Within a write:
  TopicPartition from_;
  bool staged_ = false;  // the temporary tables hold rows of an earlier piece
  bool gone_staged_ = false;
  std::uint64_t poisoned_ = 0;
};

class PostgresRowStores final : public RowStores {
 public:
  PostgresRowStores(std::string url, std::string app, std::string owner)
      : url_(std::move(url)), app_(std::move(app)), owner_(std::move(owner)) {}
  std::unique_ptr<RowStore> open(const Target& target) override {
    return std::make_unique<PostgresRowStore>(url_, target, app_, owner_);
  }

 private:
  std::string url_, app_, owner_;
};

}  // namespace sluice::loader
