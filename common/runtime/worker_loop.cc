#include "common/runtime/worker_loop.h"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <algorithm>
#include <set>

#include "common/base/error.h"
#include "common/telemetry/log.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;

// A message ends the wait at once. The shorter one while something is going on, for what a task holds back may
// be due when nothing follows; the longer one costs an idle process less.
constexpr milliseconds kIdleWait{20};
constexpr milliseconds kQuietWait{100};
constexpr milliseconds kQuietAfter{1'000};
constexpr std::size_t kMaxRecordsPerRound = 10'000;
constexpr milliseconds kFirstBackoff{100};
constexpr milliseconds kMaxBackoff{30'000};
// Fenced while the group still says it is ours: most often our own transaction timed out.
constexpr milliseconds kFencedBackoff{2'000};
constexpr milliseconds kStayed = 2 * kMaxBackoff;  // a member for so long is not one of two
constexpr milliseconds kLagInterval{1'000};
// A start that takes longer (a restore) is followed by a look at the group before the next one, so
// that many of them do not look like a worker that hangs.
constexpr milliseconds kLongStart{1'000};
// What is left of a stop's 20 s goes to the group.
constexpr milliseconds kDrainLimit{10'000};
constexpr std::size_t kReasonsShown = 3;

// Doubles up to the limit; spread by name so that many do not come back together.
milliseconds next_backoff(milliseconds last, const std::string& name, std::int32_t number) {
  const milliseconds doubled = std::clamp(last * 2, kFirstBackoff, kMaxBackoff);
  const std::size_t mixed = std::hash<std::string>{}(name) + static_cast<std::size_t>(number) * 37;
  return std::min(kMaxBackoff, doubled + doubled * static_cast<std::int64_t>(mixed & 0xff) / 1024);
}

}  // namespace

WorkerLoop::WorkerLoop(std::string name, TaskFactory& tasks, WorkerParts parts, const Clock& clock,
                       Metrics& metrics)
    : name_(std::move(name)),
      tasks_(tasks),
      parts_(std::move(parts)),
      clock_(clock),
      metrics_(metrics),
      kinds_(tasks.kinds()) {
  for (const TaskKind& kind : kinds_) metrics_.know("kind", kind.kind);
}

WorkerLoop::~WorkerLoop() = default;

milliseconds WorkerLoop::step() {
  const auto now = clock_.steady_now();
  if (halted_) return kIdleWait;
  if (now < join_not_before_) {
    return std::chrono::ceil<milliseconds>(join_not_before_ - now);
  }
  try {
    if (!member_) join();
    round();
    return milliseconds{0};
  } catch (const ConfigError&) {
    throw;
  } catch (const Unsafe& error) {
    halted_ = true;
    for (const TaskKind& kind : kinds_) {
      metrics_.gauge(metric::kTaskUnsafe, kind.kind).Set(1);
    }
    log::error("worker stopped for good", {{"worker", name_}, {"reason", error.what()}});
    set_not_ready(error.what());
  } catch (const Fenced& error) {
    // Two processes under one name would take turns for ever: ever more slowly, until one of them
    // could stay.
    if (clock_.steady_now() - joined_at_ > kStayed) fenced_backoff_ = milliseconds{0};
    fenced_backoff_ = std::max(kFencedBackoff, next_backoff(fenced_backoff_, name_, 0));
    join_again_after(fenced_backoff_, error.what());
  } catch (const std::exception& error) {
    join_backoff_ = next_backoff(join_backoff_, name_, 0);
    join_again_after(join_backoff_, error.what());
  }
  // The group or the reader failed: both are made anew, and every task starts again.
  leave();
  return milliseconds{0};
}

void WorkerLoop::join() {
  std::vector<std::string> topics;
  for (const TaskKind& kind : kinds_)
    topics.insert(topics.end(), kind.topics.begin(), kind.topics.end());
  joined_at_ = clock_.steady_now();
  reader_ = parts_.reader();
  member_ = parts_.join(topics);
}

void WorkerLoop::join_again_after(milliseconds wait, const std::string& reason) {
  join_not_before_ = clock_.steady_now() + wait;
  log::warning("worker joins again", {{"worker", name_},
                                      {"reason", reason},
                                      {"wait_ms", static_cast<std::int64_t>(wait.count())}});
  set_not_ready(reason);
}

void WorkerLoop::leave() {
  slots_.clear();
  suspended_ = true;
  more_work_ = false;
  reader_.reset();
  try {
    if (member_) member_->leave();
  } catch (const std::exception& error) {
    log::warning("leaving the group failed", {{"worker", name_}, {"reason", error.what()}});
  }
  member_.reset();
}

void WorkerLoop::drain() {
  const auto deadline = clock_.steady_now() + kDrainLimit;
  for (auto& [id, slot] : slots_) {
    if (slot.task && clock_.steady_now() < deadline) commit(slot);
  }
  leave();
  set_not_ready("stopped");
}

void WorkerLoop::round() {
  if (!serve_group()) {
    report_readiness();
    return;
  }
  const auto now = clock_.steady_now();
  start_due(now);
  reassign_reader();
  const std::size_t delivered = read();
  more_work_ = work_and_commit(delivered);
  if (delivered > 0 || more_work_) busy_until_ = now + kQuietAfter;
  measure(now);
  report_readiness();
}

// Whether there is an assignment to work on.
bool WorkerLoop::serve_group() {
  GroupMember::Change change;
  // Without an assignment the group is all there is to wait for; with one, data must not wait for
  // it.
  const milliseconds wait = suspended_ ? kIdleWait : milliseconds{0};
  if (member_->poll(
          wait, [this](bool lost) { before_revoke(lost); }, change))
    adopt(change);
  return !suspended_;
}

void WorkerLoop::before_revoke(bool lost) {
  suspended_ = true;
  reader_->assign({});
  for (auto& [id, slot] : slots_) {
    if (!slot.task) continue;
    if (lost) {
      slot.task.reset();
      slot.positions.clear();
    } else {
      commit(slot);
    }
  }
}

// Which tasks the assigned partitions mean: a task's topics are co-partitioned, so its first is
// enough.
void WorkerLoop::adopt(const GroupMember::Change& change) {
  std::map<TaskId, Slot> next;
  for (const TopicPartition& partition : change.assigned) {
    for (const TaskKind& kind : kinds_) {
      if (kind.topics.front() != partition.topic) continue;
      const TaskId id{kind.kind, partition.partition};
      Slot& slot = next[id];
      const auto old = slots_.find(id);
      if (old != slots_.end() && !change.lost) slot = std::move(old->second);
      slot.id = id;
      const auto known = unsafe_.find(id);
      if (known == unsafe_.end()) continue;
      slot.state = State::kUnsafe;
      slot.reason = known->second;
    }
  }
  slots_ = std::move(next);  // tasks that went to others end here
  suspended_ = false;
  positions_changed_ = true;
  join_backoff_ = milliseconds{0};
  report_readiness();  // what starts now may take long, and is not ready meanwhile
  log::info("partitions assigned", {{"worker", name_}, {"tasks", slots_.size()}});
}

void WorkerLoop::start_due(Clock::Steady now) {
  for (auto& [id, slot] : slots_) {
    if (slot.task || slot.state == State::kUnsafe || now < slot.not_before) continue;
    Slot& starting = slot;
    const bool good = guarded(starting, "start", [&] {
      starting.task = tasks_.make(starting.id);
      for (const Position& at : starting.task->start())
        starting.positions[at.partition] = at.next_offset;
    });
    if (good) {
      starting.state = State::kRunning;
      starting.reason.clear();
      positions_changed_ = true;
    }
    if (clock_.steady_now() - now >= kLongStart) return;
  }
}

void WorkerLoop::reassign_reader() {
  if (!positions_changed_) return;
  positions_changed_ = false;
  std::vector<Position> all;
  for (const auto& [id, slot] : slots_) {
    for (const auto& [partition, next] : slot.positions) all.push_back({partition, next});
  }
  reader_->assign(all);
}

std::size_t WorkerLoop::read() {
  try {
    const milliseconds idle = clock_.steady_now() < busy_until_ ? kIdleWait : kQuietWait;
    return reader_->poll(more_work_ ? milliseconds{0} : idle, kMaxRecordsPerRound,
                         [this](const TopicPartition& from, std::span<const LogRecord> records) {
                           deliver(from, records);
                         });
  } catch (const PartitionFailed& failed) {
    if (Slot* slot = reader_of(failed.partition)) {
      guarded(*slot, "read", [&] {
        if (failed.unsafe) throw Unsafe(failed.what());
        throw TaskBroken(failed.what());
      });
    }
    positions_changed_ = true;  // what came with the failure was not delivered
    return 0;
  }
}

WorkerLoop::Slot* WorkerLoop::reader_of(const TopicPartition& partition) {
  for (auto& [id, slot] : slots_) {
    if (slot.task && slot.positions.contains(partition)) return &slot;
  }
  return nullptr;
}

void WorkerLoop::deliver(const TopicPartition& from, std::span<const LogRecord> records) {
  Slot* slot = reader_of(from);
  if (slot == nullptr) return;
  const std::int64_t next = records.back().offset + 1;
  if (guarded(*slot, "process", [&] { slot->task->process(from, records); }))
    slot->positions[from] = next;
}

// Returns whether a task has more work at hand.
bool WorkerLoop::work_and_commit(std::size_t delivered) {
  std::set<TopicPartition> read_to_end;
  if (delivered > 0) {
    for (const auto& [partition, behind] : reader_->lag()) {
      if (behind == 0) read_to_end.insert(partition);
    }
  }
  bool more = false;
  for (auto& [id, slot] : slots_) {
    if (!slot.task) continue;
    Slot& working = slot;
    if (!guarded(working, "work", [&] { more = working.task->work() || more; })) continue;
    // Nothing came for a while, or what came is all there is: whoever waits for the result, waits
    // for us.
    const bool idle =
        delivered == 0 || std::ranges::all_of(working.positions, [&](const auto& position) {
          return read_to_end.contains(position.first);
        });
    if (working.task->wants_commit(clock_.steady_now(), idle)) commit(working);
  }
  return more;
}

void WorkerLoop::commit(Slot& slot) {
  const auto start = clock_.steady_now();
  const bool good = guarded(slot, "commit", [&] { slot.task->commit(); });
  metrics_.counter(metric::kTransactionsTotal, good ? "committed" : "failed").Increment();
  if (!good) return;
  slot.backoff = milliseconds{0};
  const std::chrono::duration<double> took = clock_.steady_now() - start;
  metrics_.seconds(metric::kTransactionDurationSeconds, slot.id.kind).Observe(took.count());
}

template <typename Step>
bool WorkerLoop::guarded(Slot& slot, const char* what, Step step) {
  try {
    step();
    return true;
  } catch (const Unsafe& error) {
    stop_for_good(slot, error.what());
  } catch (const Fenced& error) {
    put_off(slot, what, error.what(),
            std::max(kFencedBackoff, next_backoff(slot.backoff, slot.id.kind, slot.id.partition)));
  } catch (const std::exception& error) {
    // TaskBroken, or something nobody thought of: the state is void either way, and the others run
    // on.
    put_off(slot, what, error.what(), next_backoff(slot.backoff, slot.id.kind, slot.id.partition));
  }
  slot.task.reset();
  slot.positions.clear();
  positions_changed_ = true;
  return false;
}

void WorkerLoop::stop_for_good(Slot& slot, const std::string& reason) {
  slot.state = State::kUnsafe;
  slot.reason = reason;
  unsafe_[slot.id] = reason;
  log::error("task stopped: going on would give wrong numbers",
             {{"task", slot.id.kind}, {"partition", slot.id.partition}, {"reason", reason}});
  metrics_.gauge(metric::kTaskUnsafe, slot.id.kind).Set(1);
}

void WorkerLoop::put_off(Slot& slot, const char* what, const std::string& reason,
                         milliseconds wait) {
  slot.state = State::kWaiting;
  slot.reason = reason;
  slot.backoff = wait;
  slot.not_before = clock_.steady_now() + wait;
  metrics_.counter(metric::kTaskRestartsTotal, slot.id.kind).Increment();
  log::warning("task will be started again",
               {{"task", slot.id.kind},
                {"partition", slot.id.partition},
                {"during", what},
                {"reason", reason},
                {"wait_ms", static_cast<std::int64_t>(wait.count())}});
}

void WorkerLoop::measure(Clock::Steady now) {
  if (now < next_lag_) return;
  next_lag_ = now + kLagInterval;
  std::map<std::string, std::int64_t> lag;
  for (const TaskKind& kind : kinds_) lag[kind.kind] = 0;
  for (const auto& [partition, behind] : reader_->lag()) {
    for (const TaskKind& kind : kinds_) {
      if (std::ranges::find(kind.topics, partition.topic) != kind.topics.end())
        lag[kind.kind] += behind;
    }
  }
  for (const auto& [kind, behind] : lag) {
    metrics_.gauge(metric::kConsumerLagRecords, kind, name_).Set(static_cast<double>(behind));
  }
}

void WorkerLoop::report_readiness() {
  std::string text;
  if (suspended_) text = "waiting for partitions of group " + name_;
  std::size_t shown = 0;
  for (const auto& [id, slot] : slots_) {
    if (slot.state == State::kRunning || ++shown > kReasonsShown) continue;
    text += fmt::format("{}{} {}: {}", text.empty() ? "" : "; ", id.kind, id.partition,
                        slot.reason.empty() ? "starting" : slot.reason);
  }
  if (shown > kReasonsShown) text += fmt::format("; and {} more", shown - kReasonsShown);
  set_not_ready(std::move(text));
}

void WorkerLoop::set_not_ready(std::string text) {
  const std::lock_guard lock(mutex_);
  not_ready_ = std::move(text);
}

std::string WorkerLoop::not_ready() const {
  const std::lock_guard lock(mutex_);
  return not_ready_;
}

}  // namespace sluice
