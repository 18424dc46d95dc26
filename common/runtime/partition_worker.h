#pragma once
// Runs tasks (common/ports/task.h) on the partitions that a Kafka consumer group gives this
// process. One worker = one thread = one group member; a service has Settings::threads of them.
//
// The group only decides who tries: ownership is settled by each task's transactional id (or, for
// the loader, its epoch in Postgres). So a worker has two consumers: a member that subscribes but
// never fetches, and a reader that fetches exactly the running tasks' partitions from the positions
// the tasks named (plain assign(), no pause, seek or resume: librdkafka 2.0.2 has bugs there).
//
// A task that throws TaskBroken is destroyed and started again, after a back-off with jitter (100
// ms to 30 s) while the others run on. Fenced: the same, after 2 s at least (while the group says
// it is ours, the likeliest reason is a transaction of our own that timed out). Unsafe: that task
// stays stopped, readiness and `sluice_task_unsafe` say so with the sentence, the others run on.

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/ports/task.h"
#include "common/telemetry/metrics.h"

namespace sluice {

// The consumer group as the worker sees it.
class GroupMember {
 public:
  virtual ~GroupMember() = default;
  struct Change {
    std::vector<TopicPartition> assigned;  // the whole new assignment
    bool lost = false;                     // the old one was lost, not handed over: do not commit
  };
  // Serves the group for at most `wait`. When partitions are to be handed over, calls
  // `before_revoke` (commit there), then returns the new assignment once known. Fenced: a member
  // with our name has joined after us. After a silence of the broker that was ourselves, for it may
  // answer a join that we gave up and sent again; so the worker joins again.
  virtual bool poll(std::chrono::milliseconds wait,
                    const std::function<void(bool lost)>& before_revoke, Change& change) = 0;
  // Leaves the group (dynamic member) and closes; bounded in time.
  virtual void leave() = 0;
};

// Thrown by PositionReader::poll: one partition cannot be read on. Its task ends (for good if
// `unsafe`), the others go on.
class PartitionFailed : public std::runtime_error {
 public:
  PartitionFailed(TopicPartition which, bool is_unsafe, const std::string& reason)
      : std::runtime_error(reason), partition(std::move(which)), unsafe(is_unsafe) {}
  TopicPartition partition;
  bool unsafe;
};

// Fetches from explicit positions.
class PositionReader {
 public:
  virtual ~PositionReader() = default;
  virtual void assign(
      const std::vector<Position>& positions) = 0;  // replaces all; drops what is queued
  // Calls `each` once per partition that has records, at most `max_records` together. Returns the
  // number delivered; 0 after `wait` with nothing.
  virtual std::size_t poll(
      std::chrono::milliseconds wait, std::size_t max_records,
      const std::function<void(const TopicPartition&, std::span<const LogRecord>)>& each) = 0;
  // Records between our position and the end as last fetched, of each partition whose end is known.
  // Cheap: asks nobody.
  virtual std::vector<std::pair<TopicPartition, std::int64_t>> lag() = 0;
};

struct WorkerParts {
  std::function<std::unique_ptr<GroupMember>(const std::vector<std::string>& topics)> join;
  std::function<std::unique_ptr<PositionReader>()> reader;
};

class PartitionWorker {
 public:
  PartitionWorker(std::string name, TaskFactory& tasks, WorkerParts parts, const Clock& clock,
                  Metrics& metrics);
  ~PartitionWorker();
  void start();  // makes the thread
  void stop();   // drains: commits every task, leaves the group, joins (at most 20 s)
  // Any thread. Empty when all assigned tasks run; else what is not running and why.
  std::string not_ready() const;
  // Set before start: called (on the worker's thread) with what cannot be survived.
  std::function<void(const std::string& message)> on_fatal;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice
