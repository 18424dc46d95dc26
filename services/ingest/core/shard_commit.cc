// How a shard task ends a transaction: when, with what, and what is done once it is committed.

#include <algorithm>
#include <utility>

#include "common/base/crash_point.h"
#include "common/base/error.h"
#include "common/base/partitioning.h"
#include "common/model/origin.h"
#include "services/ingest/core/open_file.h"
#include "services/ingest/core/shard_task.h"

namespace sluice::ingest {

void ShardTask::mark_dirty() {
  if (dirty_) return;
  dirty_ = true;
  dirty_since_ = parts_.clock.steady_now();
}

bool ShardTask::wants_commit(Clock::Steady now, bool input_idle) const {
  if (!dirty_) return false;
  if (file_ended_ || now - dirty_since_ >= parts_.limits.chunk_time) return true;
  const auto can_go_on = [this](const auto& file) { return can_be_read(*file); };
  const bool together = !read_files_.empty();
  if (std::ranges::none_of(open_files_, can_go_on)) return together || input_idle;
  if (together && now - dirty_since_ >= parts_.limits.together_time) return true;
  return pending_bytes() >= parts_.limits.chunk_bytes;
}

void ShardTask::commit() {
  if (!dirty_) return;
  check_unchanged();
  settle_read_files();
  begin_if_needed();
  publish_refused_letters();
  CommitRecord record = chain_.next();
  record.task = task_;
  record.inputs = next_input_;
  record.partitions = topic(parts_.topics.announcements()).second;  // by which shard_of() went
  std::vector<FileEntry> written;
  for (const FileEntry* entry : ledger_.take_changed()) written.push_back(*entry);
  const std::string origin = ledger_origin(record.transaction);
  const Header header{kOriginHeader, origin};
  for (const FileEntry& entry : written) {
    const std::string json = to_json(entry);
    OutgoingRecord out;
    out.key = entry.file.id;
    out.value = json;
    out.headers = {&header, 1};
    producer_->produce(topic(parts_.topics.files()).first, shard_, out);
  }
  record.messages = written.size();
  announce_entries();
  tell_archives(written, record.transaction);
  const std::string json = to_json(record);
  OutgoingRecord last;
  last.key = task_;
  last.value = json;
  producer_->produce(topic(parts_.topics.ingest_commits()).first, shard_, last);
  std::vector<Position> positions;
  for (const auto& [name, next] : next_input_) positions.push_back({{name, shard_}, next});
  producer_->send_offsets(parts_.topics.prefix() + "-ingest", positions);
  crash_point("ingest.chunk-produced");
  producer_->commit();
  crash_point("ingest.after-commit");
  in_transaction_ = false;
  chain_.read(record);
  after_commit(written);
}

// The files of archives that were announced; with the ledger entries of the archives.
void ShardTask::announce_entries() {
  const auto& [handle, shards] = topic(parts_.topics.announcements());
  for (const Announcement& file : announce_) {
    const std::string json = to_json(file);
    OutgoingRecord out;
    out.key = file.id;
    out.value = json;
    producer_->produce(handle, shard_of(file.id, shards), out);
  }
}

// What became of files of archives: to the shards that own those.
void ShardTask::tell_archives(const std::vector<FileEntry>& written, std::uint64_t transaction) {
  for (const FileEntry& entry : written) {
    if (!entry.file.inside || !entry.is_final()) continue;
    FileCounts counts;
    counts.file = entry.file.inside->archive;
    counts.task = task_;
    counts.transaction = transaction;
    counts.entries_settled = 1;
    counts.entries_duplicate = entry.state == FileState::kDuplicate ? 1 : 0;
    if (entry.state == FileState::kFailed) {
      counts.entries_failed = 1;
      counts.failure = entry.file.inside->path + ": " + entry.error;
    }
    const auto& [handle, shards] = topic(parts_.topics.file_counts());
    const std::string json = to_json(counts);
    OutgoingRecord out;
    out.key = counts.file;
    out.value = json;
    producer_->produce(handle, shard_of(counts.file, shards), out);
  }
}

// A file that is not what was fingerprinted must not be committed under that fingerprint.
void ShardTask::check_unchanged() {
  for (const auto& file : read_files_) {
    if (!check_unchanged(*file)) return;  // nothing of any file is pending any more
  }
  OpenFile* file = current();
  if (file != nullptr && !file->ended && file->reading != nullptr) check_unchanged(*file);
}

bool ShardTask::check_unchanged(OpenFile& file) try {
  auto changed = changed_since(file.entry->file);
  if (changed) fail_file(file, std::move(*changed));
  return !changed;
} catch (const SourceAway& away) {
  throw TaskBroken(away.what());  // neither yes nor no: what is not committed is read again
}

void ShardTask::settle_read_files() {
  for (const auto& file : read_files_) {
    ledger_.mark_fully_read(*file->entry, parts_.clock.unix_ms());
    move_later(file->entry->file, true);
  }
}

void ShardTask::begin_if_needed() {
  if (in_transaction_) return;
  producer_->begin();
  in_transaction_ = true;
}

void ShardTask::after_commit(const std::vector<FileEntry>& written) {
  dirty_ = false;
  file_ended_ = false;
  announce_.clear();
  for (const FileEntry& entry : written) {
    if (entry.state == FileState::kDone || entry.state == FileState::kDuplicate ||
        entry.state == FileState::kFailed) {
      parts_.events.settled(entry);
    }
  }
  for (const auto& file : read_files_) {
    if (file->pending.rows > 0) parts_.events.chunk_committed(*file->entry, file->pending);
    parts_.events.fully_read(*file->entry);
  }
  read_files_.clear();
  if (OpenFile* file = current()) {
    if (file->pending.rows > 0) {
      parts_.events.chunk_committed(*file->entry, file->pending);
      file->refused = 0;  // it goes on
    }
    file->pending = {};
    file->committed = *file->entry;
  }
  std::erase_if(open_files_, [](const auto& file) { return file->ended; });
  if (open_files_.size() > 1) std::ranges::rotate(open_files_, open_files_.begin() + 1);
  ledger_.forget_finished();
  tell_backlog();
  std::ranges::move(moves_, std::back_inserter(due_moves_));
  moves_.clear();
  move_files();
}

void ShardTask::move_files() {
  if (due_moves_.empty()) return;
  std::vector<Move> later;
  for (Move& move : due_moves_) {
    if (parts_.clock.steady_now() < move.not_before) {
      later.push_back(std::move(move));
      continue;
    }
    crash_point("ingest.before-archive");
    const auto moved = move.to_archive ? parts_.files.archive(move.file)
                                       : parts_.files.reject(move.file, move.reason);
    crash_point("ingest.after-archive");
    if (!moved) {
      parts_.events.move_failed(move.file, moved.error().message);
      move.not_before = parts_.clock.steady_now() + parts_.limits.move_retry;
      later.push_back(std::move(move));
    }
  }
  due_moves_ = std::move(later);
}

}  // namespace sluice::ingest
