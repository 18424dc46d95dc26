#pragma once
// A task that folds frames of deltas into local state: stage 2, which makes the reports' rows of groups,
// and the entities' stage before it, which makes deltas of groups from all records of an entity. Applies
// whole transactions of its sources, in their chains.
//
// One Kafka transaction holds: the changed state and chains in the changelog, what the fold sends, the
// consumed position, and last the commit record, in the changelog too.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ports/task.h"
#include "services/transform/core/delta_chain.h"
#include "services/transform/core/fold.h"
#include "services/transform/core/task_memory.h"
#include "services/transform/core/task_parts.h"

namespace sluice::transform {

// Where a FoldTask reads and remembers.
struct FoldPlace {
  std::string kind;       // "bookings-stage2"
  std::string input;      // topic of frames
  std::string changelog;  // compacted
  std::vector<TopicPartition> outputs;  // where the fold's messages go
  std::string crash_point;  // the stem of its crash points' names: "stage2"
};

class FoldTask final : public Task {
 public:
  FoldTask(TaskParts parts, FoldPlace place, std::unique_ptr<Fold> fold, std::int32_t partition);

  std::vector<Position> start() override;
  void process(const TopicPartition& from, std::span<const LogRecord> records) override;
  bool wants_commit(Clock::Steady now, bool input_idle) const override;
  void commit() override;

 private:
  struct Source {
    DeltaChain chain;
    std::vector<std::string> held;  // frames of the transaction that is not complete
    bool changed = false;           // since the last commit
  };

  void restore(LogReader& log);
  void replay_changelog(LogReader& log, const LocalPosition& local, std::int64_t end);
  void load_sources();
  void take(const LogRecord& message);
  // The input position that a restart goes on from: before every frame that is held back.
  std::int64_t safe_input() const;

  void produce_state(std::string_view key, std::string_view value, bool tombstone);
  void produce(const Fold::Message& message);
  void reach(const char* where) const;  // a crash point
  // `changelog_from` lies at or before the transaction's first message in the changelog: a restore
  // reads from there, so it always sees this transaction's commit record again and can tell a log
  // that lost it.
  void apply_to_store(std::vector<StateStore::Write> writes, std::uint64_t transaction,
                      std::int64_t changelog_from);

  TaskParts parts_;
  FoldPlace place_;
  std::unique_ptr<Fold> fold_;
  std::int32_t partition_;
  std::string name_;
  TopicPartition input_;
  TopicPartition changelog_;
  CommitChain chain_;
  std::unique_ptr<TransactionalProducer> producer_;
  std::unique_ptr<LogReader> ends_;  // of the changelog
  std::unique_ptr<StateStore> store_;
  TopicHandle state_topic_ = 0;
  std::map<std::string, TopicHandle> topics_;  // that messages went to, by name

  std::int64_t next_ = 0;
  std::int64_t committed_input_ = 0;       // as the last commit record says
  std::map<std::string, Source> sources_;  // by the sender's name
  bool pending_ = false;
  Clock::Steady pending_since_{};
};

}  // namespace sluice::transform
