#pragma once
// Stage 2 of transform: owns one partition of a dataset's report groups. Applies whole transactions of
// stage 1, in their chain, and emits the rows that changed.
//
// One Kafka transaction holds: the changed groups and chains in the changelog, the changed rows of each
// report, the consumed position, and last the commit record, in the changelog too.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ports/task.h"
#include "services/transform/core/delta_chain.h"
#include "services/transform/core/group_table.h"
#include "services/transform/core/task_memory.h"
#include "services/transform/core/task_parts.h"

namespace sluice::transform {

class Stage2Task final : public Task {
 public:
  Stage2Task(TaskParts parts, std::int32_t partition);

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

  void restore();
  void replay_changelog(const LocalPosition& local, std::int64_t end);
  void load_sources();
  void take(const LogRecord& message);
  // The input position that a restart goes on from: before every frame that is held back.
  std::int64_t safe_input() const;

  void produce_state(std::string_view key, const std::string& value);
  void produce_rows(const std::vector<GroupTable::Change>& changes, std::uint64_t transaction);
  // `changelog_from` lies at or before the transaction's first message in the changelog: a restore
  // reads from there, so it always sees this transaction's commit record again and can tell a log
  // that lost it.
  void apply_to_store(const std::vector<GroupTable::Change>& changes, std::uint64_t transaction,
                      std::int64_t changelog_from);

  TaskParts parts_;
  std::int32_t partition_;
  std::string name_;
  TopicPartition input_;
  TopicPartition changelog_;
  CommitChain chain_;
  std::unique_ptr<TransactionalProducer> producer_;
  std::unique_ptr<LogReader> reader_;
  std::unique_ptr<StateStore> store_;
  TopicHandle state_topic_ = 0;
  std::map<std::string, TopicHandle> row_topics_;  // by report

  std::int64_t next_ = 0;
  std::map<std::int32_t, Source> sources_;  // by stage 1 partition
  GroupTable groups_;
  bool pending_ = false;
  Clock::Steady pending_since_{};
};

}  // namespace sluice::transform
