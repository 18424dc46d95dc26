#pragma once
// Shared by shard_task.cc and shard_restore.cc only.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/definition/window_ends.h"
#include "services/ingest/core/budget_check.h"
#include "services/ingest/core/shard_task.h"

namespace sluice::ingest {

// The transaction that wrote a ledger entry stands in the message's origin header, so that a torn
// transaction shows when the ledger is restored.
inline std::string ledger_origin(std::uint64_t transaction) {
  return "transaction:" + std::to_string(transaction);
}

// A file that is being read.
struct ShardTask::OpenFile {
  FileEntry* entry = nullptr;  // in the ledger; stays there while the file is open
  FileEntry committed;         // as of the last commit, to go back to
  bool resumed = false;
  bool ended = false;
  int refused = 0;             // times in a row that its source did not let it be read
  bool short_of_memory = false;  // its decoder was, the last time
  int without_memory = 0;        // times in a row
  bool awaits_watermark = false;  // the last time it was not known what is late
  Clock::Steady not_before{};  // tried again
  std::unique_ptr<FileReading> reading;
  // Of a dataset with an error budget: read once before anything of it is published.
  std::unique_ptr<BudgetCheck> check;
  bool within_budget = false;
  std::vector<DeadLetter> refused_letters;  // the first ones of a file that was not; with the next commit
  ChunkCounts pending;
  TopicHandle records = 0;
  std::optional<WindowEnds> late;  // where late rows are refused
  std::string dead_letters;
  // While the bytes of a resumed file are verified:
  std::unique_ptr<FileReader> verifying;
  Sha256 hash;
};

}  // namespace sluice::ingest
