// How a fold task comes back: the changelog's committed transactions, up to its true end, over what the
// local store already has.
#include "common/base/error.h"
#include "services/transform/core/fold_task.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kMaxRestoreBytes = 16U << 20;

// Collects what the changelog says and hands it to the store, whole transactions at a time.
class ChangelogReplay {
 public:
  ChangelogReplay(StateStore& store, CommitChain& chain, const std::string& task,
                  std::uint64_t already)
      : store_(store), chain_(chain), commit_key_("commit:" + task), already_(already) {}

  void read(const LogRecord& record) {
    if (record.key == commit_key_) return close(record);
    if (open_.empty()) open_from_ = record.offset;
    open_.push_back({std::string(record.key), std::nullopt});
    if (!record.tombstone) open_.back().value = std::string(record.value);
  }

  // The end of the log is reached.
  void finish(const TopicPartition& changelog) {
    if (!open_.empty()) {
      throw Unsafe("torn transaction: topic " + changelog.topic + ", partition " +
                   std::to_string(changelog.partition) +
                   " holds data behind its last commit record. Reports stay as they were. Load "
                   "the dataset under another name, or restore the topics from a backup");
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
    for (StateStore::Write& write : open_) {
      bytes_ += write.key.size() + (write.value ? write.value->size() : 0);
      whole_.push_back(std::move(write));
    }
    open_.clear();
    if (bytes_ >= kMaxRestoreBytes) apply();
  }

  void apply() {
    const CommitRecord& last = chain_.last();
    const LocalPosition local{whole_from_, last.transaction, std::nullopt, last.fingerprint};
    store_.apply(whole_, to_json(local));
    whole_.clear();
    bytes_ = 0;
  }

  StateStore& store_;
  CommitChain& chain_;
  std::string commit_key_;
  std::uint64_t already_;
  std::vector<StateStore::Write> open_, whole_;
  std::int64_t open_from_ = 0, whole_from_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

void FoldTask::restore(LogReader& log) {
  store_ = parts_.stores.open(name_);
  const std::int64_t begin = log.begin_offset(changelog_);
  const std::int64_t end = log.end_offset(changelog_);
  const auto local = local_position_from_json(store_->position());
  const bool usable = local && local->next >= begin && local->next <= end &&
                      local->fingerprint == parts_.dataset->fingerprint;
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
  ChangelogReplay replay(*store_, chain_, name_, local.transaction);
  log.read(changelog_, local.next, end, [&](const LogRecord& record) { replay.read(record); });
  replay.finish(changelog_);
}

}  // namespace sluice::transform
