#include "common/runtime/partition_worker.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include "common/base/error.h"
#include "common/telemetry/log.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleWait{20};       // a message ends the wait at once
constexpr std::size_t kMaxRecordsPerRound = 10'000;
constexpr milliseconds kFirstBackoff{100};
constexpr milliseconds kMaxBackoff{30'000};
// Fenced while the group still says it is ours: most often our own transaction timed out.
constexpr milliseconds kFencedBackoff{2'000};
constexpr milliseconds kLagInterval{1'000};

enum class State { kWaiting, kRunning, kUnsafe };

struct Slot {
  TaskId id;
  std::unique_ptr<Task> task;
  State state = State::kWaiting;
  std::string reason;                 // why it is not running
  Clock::Steady not_before{};
  milliseconds backoff{0};
  std::map<TopicPartition, std::int64_t> positions;  // of a running task: next offset to deliver
};

// Doubles up to the limit; spread by the task's name so that many do not come back together.
milliseconds next_backoff(milliseconds last, const TaskId& id) {
  const milliseconds doubled = std::clamp(last * 2, kFirstBackoff, kMaxBackoff);
  const auto spread = static_cast<std::int64_t>(std::hash<std::string>{}(id.kind) + static_cast<std::size_t>(id.partition)) & 0xff;
  return doubled + doubled * spread / 1024;
}

}  // namespace

struct PartitionWorker::Impl {
  std::string name;
  TaskFactory& tasks;
  WorkerParts parts;
  const Clock& clock;
  Metrics& metrics;
  std::function<void(const std::string&)>& on_fatal;

  std::vector<TaskKind> kinds;
  std::map<TaskId, Slot> slots;
  std::unique_ptr<GroupMember> member;
  std::unique_ptr<PositionReader> reader;
  bool positions_changed = true;
  bool suspended = true;  // between revoke and the next assignment nothing is processed
  Clock::Steady next_lag{};

  std::thread thread;
  std::atomic<bool> stopping{false};
  mutable std::mutex mutex;      // guards not_ready_text
  std::string not_ready_text = "not started";

  Impl(std::string n, TaskFactory& t, WorkerParts p, const Clock& c, Metrics& m,
       std::function<void(const std::string&)>& fatal)
      : name(std::move(n)), tasks(t), parts(std::move(p)), clock(c), metrics(m), on_fatal(fatal), kinds(tasks.kinds()) {}

  std::vector<std::string> topics() const {
    std::vector<std::string> out;
    for (const TaskKind& kind : kinds) out.insert(out.end(), kind.topics.begin(), kind.topics.end());
    return out;
  }

  prometheus::Counter& transactions(const char* outcome) {
    return metrics.counter("sluice_transactions_total", "Transactions of tasks, by how they ended.", {{"outcome", outcome}});
  }

  void set_not_ready(std::string text) {
    const std::lock_guard lock(mutex);
    not_ready_text = std::move(text);
  }

  // Runs a step of a task; what it throws decides what becomes of the task.
  template <typename Step>
  bool guarded(Slot& slot, const char* what, Step step) {
    try {
      step();
      return true;
    } catch (const Unsafe& error) {
      slot.state = State::kUnsafe;
      slot.reason = error.what();
      log::error("task stopped: going on would give wrong numbers",
                 {{"task", slot.id.kind}, {"partition", slot.id.partition}, {"reason", error.what()}});
      metrics.gauge("sluice_task_unsafe", "1: a task is stopped until a person looks.", {{"kind", slot.id.kind}}).Set(1);
    } catch (const Fenced& error) {
      put_off(slot, what, error.what(), std::max(kFencedBackoff, next_backoff(slot.backoff, slot.id)));
    } catch (const TaskBroken& error) {
      put_off(slot, what, error.what(), next_backoff(slot.backoff, slot.id));
    }
    slot.task.reset();
    slot.positions.clear();
    positions_changed = true;
    return false;
  }

  void put_off(Slot& slot, const char* what, const std::string& reason, milliseconds wait) {
    slot.state = State::kWaiting;
    slot.reason = reason;
    slot.backoff = wait;
    slot.not_before = clock.steady_now() + wait;
    metrics.counter("sluice_task_restarts_total", "Tasks that were started again after a failure.",
                    {{"kind", slot.id.kind}}).Increment();
    log::warning("task will be started again", {{"task", slot.id.kind}, {"partition", slot.id.partition},
                                                {"during", what}, {"reason", reason},
                                                {"wait_ms", static_cast<std::int64_t>(wait.count())}});
  }

  void commit(Slot& slot) {
    const auto start = clock.steady_now();
    const bool good = guarded(slot, "commit", [&] { slot.task->commit(); });
    transactions(good ? "committed" : "failed").Increment();
    if (!good) return;
    slot.backoff = milliseconds{0};
    const std::chrono::duration<double> took = clock.steady_now() - start;
    metrics.seconds("sluice_transaction_duration_seconds", "How long a commit took.", {{"kind", slot.id.kind}})
        .Observe(took.count());
  }

  void before_revoke(bool lost) {
    suspended = true;
    reader->assign({});
    for (auto& [id, slot] : slots) {
      if (!slot.task) continue;
      if (lost) {
        slot.task.reset();
        slot.positions.clear();
      } else {
        commit(slot);
      }
    }
  }

  // Which tasks the assigned partitions mean: a task's topics are co-partitioned, so its first is enough.
  void adopt(const GroupMember::Change& change) {
    std::map<TaskId, Slot> next;
    for (const TopicPartition& partition : change.assigned) {
      for (const TaskKind& kind : kinds) {
        if (kind.topics.front() != partition.topic) continue;
        const TaskId id{kind.kind, partition.partition};
        const auto old = slots.find(id);
        if (old != slots.end() && !change.lost) {
          next[id] = std::move(old->second);
        } else {
          next[id].id = id;
        }
      }
    }
    slots = std::move(next);  // tasks that went to others end here
    suspended = false;
    positions_changed = true;
    log::info("partitions assigned", {{"worker", name}, {"tasks", slots.size()}});
  }

  void start_due(Clock::Steady now) {
    for (auto& [id, slot] : slots) {
      if (slot.task || slot.state == State::kUnsafe || now < slot.not_before) continue;
      Slot& starting = slot;
      const bool good = guarded(starting, "start", [&] {
        starting.task = tasks.make(id);
        for (const Position& at : starting.task->start()) starting.positions[at.partition] = at.next_offset;
      });
      if (!good) continue;
      starting.state = State::kRunning;
      starting.reason.clear();
      positions_changed = true;
    }
  }

  void reassign_reader() {
    if (!positions_changed) return;
    positions_changed = false;
    std::vector<Position> all;
    for (const auto& [id, slot] : slots) {
      for (const auto& [partition, next] : slot.positions) all.push_back({partition, next});
    }
    reader->assign(all);
  }

  void deliver(const TopicPartition& from, std::span<const LogRecord> records) {
    for (auto& [id, slot] : slots) {
      const auto position = slot.positions.find(from);
      if (!slot.task || position == slot.positions.end()) continue;
      const std::int64_t next = records.back().offset + 1;
      if (guarded(slot, "process", [&] { slot.task->process(from, records); })) position->second = next;
      return;
    }
  }

  bool work_and_commit(bool input_idle) {
    bool more = false;
    for (auto& [id, slot] : slots) {
      if (!slot.task) continue;
      guarded(slot, "work", [&] { more = slot.task->work() || more; });
      if (slot.task && slot.task->wants_commit(clock.steady_now(), input_idle)) commit(slot);
    }
    return more;
  }

  void measure(Clock::Steady now) {
    if (now < next_lag) return;
    next_lag = now + kLagInterval;
    std::map<std::string, std::int64_t> lag;
    for (const TaskKind& kind : kinds) lag[kind.kind] = 0;
    for (const auto& [partition, behind] : reader->lag()) {
      for (const TaskKind& kind : kinds) {
        if (std::ranges::find(kind.topics, partition.topic) != kind.topics.end()) lag[kind.kind] += behind;
      }
    }
    for (const auto& [kind, behind] : lag) {
      metrics.gauge("sluice_consumer_lag_records", "Messages that wait to be read.", {{"kind", kind}, {"worker", name}})
          .Set(static_cast<double>(behind));
    }
  }

  void report_readiness() {
    std::string text;
    if (suspended) text = "waiting for partitions of group " + name;
    for (const auto& [id, slot] : slots) {
      if (slot.state == State::kRunning) continue;
      text = fmt::format("{} {}: {}", id.kind, id.partition, slot.reason.empty() ? "starting" : slot.reason);
      break;
    }
    set_not_ready(std::move(text));
  }

  void round(bool& more) {
    GroupMember::Change change;
    if (member->poll(milliseconds{0}, [this](bool lost) { before_revoke(lost); }, change)) adopt(change);
    if (suspended) {
      report_readiness();
      std::this_thread::sleep_for(kIdleWait);
      return;
    }
    const auto now = clock.steady_now();
    start_due(now);
    reassign_reader();
    const std::size_t delivered =
        reader->poll(more ? milliseconds{0} : kIdleWait, kMaxRecordsPerRound,
                     [this](const TopicPartition& from, std::span<const LogRecord> records) { deliver(from, records); });
    more = work_and_commit(delivered == 0);
    measure(now);
    report_readiness();
  }

  // Group or reader failed: both are made anew, every task starts again.
  void rejoin() {
    slots.clear();
    suspended = true;
    reader.reset();
    if (member) member->leave();
    member.reset();
    reader = parts.reader();
    member = parts.join(topics());
  }

  void run() {
    milliseconds backoff{0};
    bool more = false;
    bool joined = false;
    while (!stopping) {
      try {
        if (!joined) rejoin();
        joined = true;
        round(more);
        backoff = milliseconds{0};
      } catch (const std::exception& error) {
        // TaskBroken or Unsafe from the group or the reader themselves.
        joined = false;
        backoff = next_backoff(backoff, {name, 0});
        set_not_ready(error.what());
        log::warning("worker joins again", {{"worker", name}, {"reason", error.what()},
                                            {"wait_ms", static_cast<std::int64_t>(backoff.count())}});
        const auto until = clock.steady_now() + backoff;
        while (!stopping && clock.steady_now() < until) std::this_thread::sleep_for(kIdleWait);
      }
    }
    drain();
  }

  void drain() {
    try {
      for (auto& [id, slot] : slots) {
        if (slot.task) commit(slot);
      }
      slots.clear();
      reader.reset();
      if (member) member->leave();
    } catch (const std::exception& error) {
      log::warning("stopping without the last commit; the restart does it again", {{"reason", error.what()}});
    }
  }

  void guarded_run() {
    try {
      run();
    } catch (const std::exception& error) {
      if (on_fatal) on_fatal(fmt::format("worker {}: {}", name, error.what()));
    }
  }
};

PartitionWorker::PartitionWorker(std::string name, TaskFactory& tasks, WorkerParts parts, const Clock& clock,
                                 Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(name), tasks, std::move(parts), clock, metrics, on_fatal)) {}

PartitionWorker::~PartitionWorker() { stop(); }

void PartitionWorker::start() {
  impl_->thread = std::thread([this] { impl_->guarded_run(); });
}

void PartitionWorker::stop() {
  impl_->stopping = true;
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::string PartitionWorker::not_ready() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->not_ready_text;
}

}  // namespace sluice
