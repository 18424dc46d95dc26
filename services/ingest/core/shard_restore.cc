// How a shard task starts: fence, read what is committed to its true end, check that it fits
// together.

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "common/base/error.h"
#include "services/ingest/core/open_file.h"
#include "services/ingest/core/shard_task.h"

namespace sluice::ingest {
namespace {

// How far back a restore looks for settled files that still stand where they were found. Moving them is
// the first thing after the commit; older ones are found by the next start's scan.
constexpr std::int64_t kMovesLookedForMs = 24 * 3'600'000;

std::uint64_t transaction_of(std::string_view origin) {
  constexpr std::string_view kPrefix = "transaction:";
  if (!origin.starts_with(kPrefix)) return 0;
  return std::strtoull(std::string(origin.substr(kPrefix.size())).c_str(), nullptr, 10);
}

// What stands at one place, untouched: put back after it failed, it has a new id and is the same delivery.
std::string delivery_of(const Announcement& file) {
  const FileIdentity identity = identity_of(file);
  std::string out = file.source;
  for (const std::string& part :
       {file.path, std::to_string(identity.bytes), std::to_string(identity.mtime_ns),
        std::to_string(identity.inode), identity.version}) {
    out += '\0';
    out += part;
  }
  return out;
}

}  // namespace

std::vector<Position> ShardTask::start() {
  producer_ = parts_.log.transactional_producer(parts_.topics.prefix() + "-" + task_);
  std::vector<TopicPartition> outputs{{parts_.topics.files(), shard_},
                                      {parts_.topics.ingest_commits(), shard_}};
  for (const std::string& shared : {parts_.topics.announcements(), parts_.topics.file_counts()}) {
    std::ranges::move(all_partitions(shared, topic(shared).second), std::back_inserter(outputs));
  }
  producer_->take_over(outputs);
  take_over_datasets();
  restore_commits();
  restore_ledger();
  const auto reader = parts_.log.reader();
  std::vector<Position> positions;
  for (const std::string& topic : {parts_.topics.announcements(), parts_.topics.file_counts()}) {
    const auto committed = chain_.last().inputs.find(topic);
    const TopicPartition from{topic, shard_};
    const std::int64_t next =
        committed != chain_.last().inputs.end() ? committed->second : reader->begin_offset(from);
    if (next > reader->end_offset(from)) {
      throw Unsafe("shard " + std::to_string(shard_) + " has read " + topic + " up to " +
                   std::to_string(next) +
                   ", but the topic is shorter than that: the log has lost messages");
    }
    next_input_[topic] = next;
    positions.push_back({from, next});
  }
  for (FileEntry* entry : ledger_.reading()) {
    auto file = std::make_unique<OpenFile>();
    file->entry = entry;
    file->committed = *entry;
    file->resumed = true;
    open_files_.push_back(std::move(file));
  }
  for (const FileEntry* entry : ledger_.unbalanced()) {
    if (entry->entries == 0 && !entry->file.inside) due_moves_.push_back({entry->file, true, {}, {}});
  }
  tell_backlog();  // it may be long until the first commit
  return positions;
}

void ShardTask::take_over_datasets() {
  const auto now = parts_.clock.steady_now();
  if (now < take_over_not_before_) return;
  for (const auto& dataset : parts_.datasets.all()) {
    if (taken_over_.contains(dataset->name)) continue;
    std::vector<TopicPartition> outputs;
    try {
      for (const std::string& name : {parts_.topics.records(dataset->name),
                                      parts_.topics.dead_letters(dataset->name)}) {
        std::ranges::move(all_partitions(name, topic(name).second), std::back_inserter(outputs));
      }
    } catch (const Unsafe& missing) {
      // A topic that is not there has nothing to take over. Told where a file of it is to be read.
      take_over_not_before_ = now + parts_.limits.away_retry;
      continue;
    }
    producer_->take_over(outputs);
    taken_over_.insert(dataset->name);
  }
}

void ShardTask::restore_commits() {
  const auto reader = parts_.log.reader();
  const TopicPartition commits{parts_.topics.ingest_commits(), shard_};
  reader->read(commits, 0, reader->end_offset(commits), [&](const LogRecord& message) {
    if (message.tombstone) return;
    const auto record = commit_record_from_json(message.value);
    if (!record) {
      throw Unsafe("commit record at " + commits.topic + " offset " +
                   std::to_string(message.offset) + ": " + record.error().message);
    }
    chain_.read(*record);
  });
  const std::int32_t shards = parts_.log.partition_count(parts_.topics.announcements());
  if (!chain_.empty() && chain_.last().partitions != shards) {
    throw Unsafe("topic " + parts_.topics.announcements() + " had " +
                 std::to_string(chain_.last().partitions) + " partitions and has " +
                 std::to_string(shards) +
                 " now: files would change their shard; restore the number");
  }
}

void ShardTask::restore_ledger() {
  const auto reader = parts_.log.reader();
  const TopicPartition files{parts_.topics.files(), shard_};
  std::uint64_t newest = 0;
  std::uint64_t entries = 0;
  std::map<std::string, Move> settled;
  const std::int64_t looked_from_ms = parts_.clock.unix_ms() - kMovesLookedForMs;
  reader->read(files, 0, reader->end_offset(files), [&](const LogRecord& message) {
    if (message.tombstone) return;
    auto entry = file_entry_from_json(message.value);
    if (!entry) {
      throw Unsafe("ledger entry at " + files.topic + " offset " + std::to_string(message.offset) +
                   ": " + entry.error().message);
    }
    const std::uint64_t transaction = transaction_of(message.origin);
    if (transaction > newest) {
      newest = transaction;
      entries = 0;
    }
    if (transaction == newest) ++entries;
    // Of an archive's files none is moved but with it.
    if (!entry->file.inside) {
      const std::string delivery = delivery_of(entry->file);
      if (entry->state == FileState::kFailed) {
        settled.insert_or_assign(delivery, Move{entry->file, false, entry->error, {}});
      } else if (entry->finished_ms >= looked_from_ms &&
                 (entry->state == FileState::kDone || entry->state == FileState::kDuplicate)) {
        settled.insert_or_assign(delivery, Move{entry->file, true, {}, {}});
      } else {
        settled.erase(delivery);  // put back, and not settled yet
      }
    }
    ledger_.restore(std::move(*entry));
  });
  check_untorn(newest, entries);
  // Killed between the commit and the move. The instance that announced a file may live on, and does not
  // announce it again.
  for (auto& [delivery, move] : settled) {
    // A pinned one is found again by the listing if it still stands there, and costs no request here.
    if (!parts_.files.pins_bytes(move.file) &&
        stands_there(move.file)) {
      due_moves_.push_back(std::move(move));
    }
  }
}

void ShardTask::check_untorn(std::uint64_t newest_in_ledger,
                             std::uint64_t entries_of_newest) const {
  const CommitRecord& last = chain_.last();
  const bool ledger_ahead = newest_in_ledger > last.transaction;
  const std::uint64_t entries_of_last =
      newest_in_ledger == last.transaction ? entries_of_newest : 0;
  if (ledger_ahead || entries_of_last != last.messages) {
    throw Unsafe("torn transaction in shard " + std::to_string(shard_) +
                 " of ingest: the ledger is at " + std::to_string(newest_in_ledger) + " with " +
                 std::to_string(entries_of_newest) + " entries, the commit record at " +
                 std::to_string(last.transaction) + " names " + std::to_string(last.messages));
  }
}

}  // namespace sluice::ingest
