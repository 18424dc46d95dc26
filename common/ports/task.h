#pragma once
// A task is the unit of ownership: the same partition number of one or more co-partitioned input
// topics, one transactional id, one piece of state. ingest's shards, transform's stages and
// loader's partitions are tasks; common/runtime/partition_worker runs them, tests/simulation too.
//
// Life: construct (cheap, no IO) -> start() -> [process | work | commit]* -> destroy.
// Any exception from any call voids the object; the worker destroys it and constructs another.
// There is no other recovery path.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/ports/log.h"

namespace sluice {

class Task {
 public:
  virtual ~Task() = default;

  // Fences older owners, restores state to the log's true end, and says where to read on. May take
  // long (a restore); must be interruptible only by process exit.
  virtual std::vector<Position> start() = 0;

  // Takes a batch of one input partition, in offset order. Drops records before the next expected
  // offset (a consumer may rewind). Nothing is visible to others until commit().
  virtual void process(const TopicPartition& from, std::span<const LogRecord> records) = 0;

  // Does one bounded step of work that no input triggers (a chunk of a file). Returns whether more
  // is waiting.
  virtual bool work() { return false; }

  // Whether enough is pending, or it has waited long enough, to commit now. `input_idle` says that
  // the consumer has nothing more at hand: commit soon, for latency.
  virtual bool wants_commit(Clock::Steady now, bool input_idle) const = 0;

  // Makes everything processed so far durable and visible, atomically with the input positions.
  // Does nothing if nothing is pending.
  virtual void commit() = 0;
};

struct TaskId {
  std::string kind;  // "bookings-stage1", "ingest", "bookings-stage2"
  std::int32_t partition = 0;
  auto operator<=>(const TaskId&) const = default;
};

// What a kind of task reads. Every topic of a kind has the same number of partitions.
struct TaskKind {
  std::string kind;
  std::vector<std::string> topics;
  std::int32_t partitions = 1;
};

class TaskFactory {
 public:
  virtual ~TaskFactory() = default;
  virtual std::vector<TaskKind> kinds() const = 0;
  virtual std::unique_ptr<Task> make(const TaskId& id) = 0;
};

}  // namespace sluice
