#pragma once
// Stage 1 of transform: owns one partition of a dataset's records. Keeps the latest version of each key,
// turns records into changes of report groups, and sends each transaction's sums to stage 2.
//
// One Kafka transaction holds: frames of deltas to every partition, of groups and, where reports are made
// of all records of an entity, of entities (also of other datasets, that look these records up); what became of each file's records,
// dead letters of messages that are no records, the consumed position, and last the commit record.
// Nothing is produced before commit(), so transactions are short and an idle task has none open.

#include <map>
#include <optional>
#include <string>

#include "common/definition/window_ends.h"
#include "common/model/dead_letter.h"
#include "common/model/file_events.h"
#include "common/ports/task.h"
#include "services/transform/core/key_overlay.h"
#include "services/transform/core/projection.h"
#include "services/transform/core/record_contributions.h"
#include "services/transform/core/record_intake.h"
#include "services/transform/core/task_memory.h"
#include "services/transform/core/task_parts.h"

namespace sluice::transform {

class Stage1Task final : public Task {
 public:
  Stage1Task(TaskParts parts, std::int32_t partition);

  std::vector<Position> start() override;
  // At an undecided cut it takes nothing more; once that is decided for its generation it is to be started again.
  bool work() override;
  void process(const TopicPartition& from, std::span<const LogRecord> records) override;
  bool wants_commit(Clock::Steady now, bool input_idle) const override;
  void commit() override;

 private:
  struct Outputs {
    TopicHandle deltas = 0, file_counts = 0, dead_letters = 0, commits = 0;
    std::map<std::string, TopicHandle> entities;  // by dataset
    std::int32_t shards = 1, dead_letter_partitions = 1;
  };

  void open_outputs();
  std::vector<TopicPartition> output_partitions() const;
  void restore(LogReader& reader, std::int64_t committed);
  std::string local_fingerprint() const;
  void check_feeds() const;
  void take_all(std::span<const LogRecord> records);
  // Whether the message is a cut, and this task stands still behind it from now on.
  bool stops_at(const LogRecord& message);
  KnownGenerations known() const;
  std::int64_t begins_at() const;  // the offset that its generation names
  void take(const LogRecord& message, KeyOverlay::Slot key);
  void take_record(KeyOverlay::Slot key);
  [[noreturn]] void discard_damaged_state();
  void count(RecordKind kind, bool late);
  void note_event_time();
  void bury(const LogRecord& message, const RecordIntake::Poison& poison);
  FileCounts* counts_of(const std::optional<Origin>& origin, std::string_view origin_text);
  bool is_late(const Projection::Columns& record);
  std::size_t pending_bytes() const;

  void produce_deltas(std::uint64_t transaction);
  void produce_frames(TopicHandle topic, const std::vector<std::vector<std::string>>& frames);
  void produce_file_counts(std::uint64_t transaction);
  void produce_dead_letters();
  void apply_to_store(std::uint64_t transaction);
  void forget_pending();

  TaskParts parts_;
  std::int32_t partition_;
  std::string name_;
  TopicPartition input_;
  Projection projection_;
  RecordIntake intake_;
  WindowEnds windows_;
  CommitChain chain_;
  std::unique_ptr<TransactionalProducer> producer_;
  std::unique_ptr<StateStore> store_;
  Outputs outputs_;

  // Positions: before `committed_` all is in the log's commits, before `next_` all is taken.
  std::int64_t committed_ = 0;
  std::int64_t next_ = 0;

  // The number of the last cut, and whether it is undecided, as far as is known here.
  int cut_ = 0;
  bool waiting_ = false;
  // Whether this generation's rows are the report. The live one alone says what became of each file's records: between
  // two generations that is handed over at a cut, so that it is said once.
  bool live_ = true;

  // Of the open transaction:
  KeyOverlay keys_;
  RecordContributions contributions_;
  std::optional<std::int64_t> watermark_ms_;  // of the dataset, when the transaction's first record came
  std::map<std::string, FileCounts, std::less<>> files_;
  FileCounts* file_ = nullptr;  // the last one asked for: rows of a file come together
  std::vector<DeadLetter> dead_letters_;
  std::size_t dead_letter_bytes_ = 0;
  RecordCounts counts_;
  Clock::Steady pending_since_{};

  bool replaying_ = false;  // restoring: change local state and nothing else
  std::vector<KeyOverlay::Slot> slots_;        // scratch: the keys of the records at hand
  Projection::Columns columns_, old_columns_;  // scratch
};

}  // namespace sluice::transform
