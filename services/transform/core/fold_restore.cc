// How a fold task comes back: the changelog's committed transactions, up to its true end, over what the
// local store already has.
#include <algorithm>
#include <iterator>

#include "common/base/error.h"
#include "services/transform/core/fold_task.h"

namespace sluice::transform {
namespace {

// Collects what the changelog says and hands it to the store, whole transactions at a time.
class ChangelogReplay {
 public:
  ChangelogReplay(StateStore& store, CommitChain& chain, const std::string& task,
                  std::uint64_t already, const TaskParts& parts)
      : store_(store),
        chain_(chain),
        commit_key_("commit:" + task),
        already_(already),
        clock_(parts.clock),
        limit_(parts.restore_bytes) {}

  void read(const LogRecord& record) {
    if (record.key == commit_key_) return close(record);
    if (open_.empty()) open_from_ = record.offset;
    open_.push_back({std::string(record.key), std::nullopt});
    if (!record.tombstone) open_.back().value = std::string(record.value);
    bytes_ += record.key.size() + record.value.size();
    // Compaction leaves one commit record, the last: all that it has cleaned comes before it.
    if (bytes_ >= limit_) apply_unfinished();
  }

  // The end of the log is reached.
  void finish(const TopicPartition& changelog) {
    if (!open_.empty() || unfinished_) {
      throw Unsafe("torn transaction: topic " + changelog.topic + ", partition " +
                   std::to_string(changelog.partition) +
                   " holds data behind its last commit record. Reports stay as they were. Load "
                   "the dataset under another name and with other report names, or restore the topics from a backup");
    }
    if (chain_.last().transaction > already_) apply();
  }

 private:
  void close(const LogRecord& record) {
    auto commit = commit_record_from_json(record.value);
    if (!commit) throw Unsafe("a commit record cannot be read: " + commit.error().message);
    chain_.read(*commit);
    whole_from_ = open_.empty() ? record.offset : open_from_;
    // The store has these; their values would be overwritten by newer ones anyway.
    if (commit->transaction <= already_) open_.clear();
    std::ranges::move(open_, std::back_inserter(whole_));
    open_.clear();
    if (unfinished_ || bytes_ >= limit_) apply();
    unfinished_ = false;
  }

  // A part of a transaction. A store that is left so has no position, and is begun anew.
  void apply_unfinished() {
    std::ranges::move(open_, std::back_inserter(whole_));
    open_.clear();
    store_.apply(whole_, {});
    whole_.clear();
    bytes_ = 0;
    unfinished_ = true;
  }

  void apply() {
    const CommitRecord& last = chain_.last();
    const LocalPosition local{whole_from_, last.transaction, last.fingerprint,
                              clock_.unix_ms()};
    store_.apply(whole_, to_json(local));
    whole_.clear();
    bytes_ = 0;
  }

  StateStore& store_;
  CommitChain& chain_;
  std::string commit_key_;
  std::uint64_t already_;
  const Clock& clock_;
  std::size_t limit_;
  std::vector<StateStore::Write> open_, whole_;
  std::int64_t open_from_ = 0, whole_from_ = 0;
  std::size_t bytes_ = 0;      // of both
  bool unfinished_ = false;    // the store holds part of a transaction
};

}  // namespace

void FoldTask::restore(LogReader& log) {
  store_ = parts_.stores.open(name_);
  const std::int64_t begin = log.begin_offset(changelog_);
  const std::int64_t end = log.end_offset(changelog_);
  const auto local = local_position_from_json(store_->position());
  // An older one may hold what was deleted meanwhile, and the log has forgotten that it was.
  const bool usable = local && local->next >= begin && local->next <= end &&
                      local->fingerprint == parts_.dataset->fingerprint &&
                      parts_.clock.unix_ms() - local->written_ms <= kAwayAtMostMs;
  if (usable) {
    replay_changelog(log, *local, end);
    if (chain_.last().transaction >= local->transaction) return;
    // The log does not know the local state's newest transaction: the log is the truth.
    chain_ = CommitChain(name_);
  }
  store_->clear();
  replay_changelog(log, LocalPosition{}, end);
}

void FoldTask::replay_changelog(LogReader& log, const LocalPosition& local,
                                std::int64_t end) {
  ChangelogReplay replay(*store_, chain_, name_, local.transaction, parts_);
  log.read(changelog_, local.next, end, [&](const LogRecord& record) { replay.read(record); });
  replay.finish(changelog_);
}

}  // namespace sluice::transform
