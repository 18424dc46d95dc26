#pragma once
// A worker's rounds without its thread (partition_worker.h has the contract): the worker calls
// step() until it is to stop; tests call it round by round, under a clock of their own.

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/ports/task.h"
#include "common/runtime/partition_worker.h"
#include "common/telemetry/metrics.h"

namespace sluice {

class WorkerLoop {
 public:
  WorkerLoop(std::string name, TaskFactory& tasks, WorkerParts parts, const Clock& clock,
             Metrics& metrics);
  ~WorkerLoop();

  // Joins the group if need be, then one round: serves the group, starts tasks that are due, hands
  // over what has come in, lets tasks work and commit. Returns how long there is nothing to do at
  // all. Throws ConfigError only: everything else is survived here.
  std::chrono::milliseconds step();
  // Commits what the tasks have and leaves the group. Does not throw: a restart does again what was
  // not committed.
  void drain();
  // Any thread.
  std::string not_ready() const;

 private:
  enum class State { kWaiting, kRunning, kUnsafe };
  struct Slot {
    TaskId id;
    std::unique_ptr<Task> task;
    State state = State::kWaiting;
    std::string reason;  // why it is not running
    Clock::Steady not_before{};
    std::chrono::milliseconds backoff{0};
    std::map<TopicPartition, std::int64_t> positions;  // of a running task: next offset to deliver
  };

  void join();
  void join_again_after(std::chrono::milliseconds wait, const std::string& reason);
  void leave();
  void round();
  bool serve_group();
  void before_revoke(bool lost);
  void adopt(const GroupMember::Change& change);
  void start_due(Clock::Steady now);
  void reassign_reader();
  std::size_t read();
  void deliver(const TopicPartition& from, std::span<const LogRecord> records);
  bool work_and_commit(std::size_t delivered);
  void commit(Slot& slot);
  void measure(Clock::Steady now);
  void report_readiness();
  // Runs a step of a task; what it throws decides what becomes of the task.
  template <typename Step>
  bool guarded(Slot& slot, const char* what, Step step);
  void put_off(Slot& slot, const char* what, const std::string& reason,
               std::chrono::milliseconds wait);
  void stop_for_good(Slot& slot, const std::string& reason);
  Slot* reader_of(const TopicPartition& partition);
  void set_not_ready(std::string text);

  std::string name_;
  TaskFactory& tasks_;
  WorkerParts parts_;
  const Clock& clock_;
  Metrics& metrics_;
  std::vector<TaskKind> kinds_;

  std::map<TaskId, Slot> slots_;
  std::map<TaskId, std::string> unsafe_;  // outlives rebalances: a person must look, not a retry
  std::unique_ptr<GroupMember> member_;
  std::unique_ptr<PositionReader> reader_;
  bool positions_changed_ = true;
  bool suspended_ = true;  // between revoke and the next assignment nothing is processed
  bool more_work_ = false;
  bool halted_ = false;  // a person must look, not a retry
  Clock::Steady join_not_before_{};
  std::chrono::milliseconds join_backoff_{0};
  Clock::Steady joined_at_{};
  std::chrono::milliseconds fenced_backoff_{0};
  Clock::Steady next_lag_{};
  Clock::Steady busy_until_{};

  mutable std::mutex mutex_;  // guards not_ready_
  std::string not_ready_ = "not started";
};

}  // namespace sluice
