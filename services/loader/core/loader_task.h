#pragma once
// One partition of one topic becomes rows of one table. The position lives in the database beside
// the rows and changes with them, so that nothing is lost or loaded twice, whatever is killed when.

#include <memory>
#include <optional>
#include <vector>

#include "common/ports/task.h"
#include "services/loader/core/row_store.h"

namespace sluice::loader {

class LoaderTask final : public Task {
 public:
  struct Parts {
    Log& log;
    RowStores& stores;
    const Clock& clock;
    LoaderEvents& events;
  };
  // What the parts and the target are references to outlives the task.
  LoaderTask(const Target& target, std::int32_t partition, Parts parts);

  std::vector<Position> start() override;
  void process(const TopicPartition& from, std::span<const LogRecord> records) override;
  bool wants_commit(Clock::Steady now, bool input_idle) const override;
  void commit() override;

 private:
  void check_nothing_was_missed(std::int64_t end) const;
  bool forgets_deletions() const;
  std::optional<std::int64_t> end_if_all_is_read() const;
  void confirm();
  void tell_what_is_readable() const;

  const Target& target_;
  TopicPartition partition_;
  Parts parts_;
  std::unique_ptr<MessageReader> reader_;
  RowBatch batch_;
  std::unique_ptr<RowStore> store_;
  Claim claim_;
  std::int64_t next_ = 0;   // after the last message of the batch
  std::int64_t news_from_ = 0;  // what stands before it was loaded before, or long ago
  Clock::Steady oldest_{};  // when the batch began
  Clock::Steady confirm_not_before_{};
};

// The tasks of some targets: kind = the target's name.
class LoaderTasks final : public TaskFactory {
 public:
  LoaderTasks(std::vector<Target> targets, LoaderTask::Parts parts)
      : targets_(std::move(targets)), parts_(parts) {}
  std::vector<TaskKind> kinds() const override;
  std::unique_ptr<Task> make(const TaskId& id) override;

 private:
  std::vector<Target> targets_;
  LoaderTask::Parts parts_;
};

}  // namespace sluice::loader
