// The worker on fakes, round by round under a clock that stands still: a group that says what the
// test says, a reader with what the test put in, tasks that fail when told to.
#include "common/runtime/worker_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "common/base/error.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

enum class Failure { kBroken, kFenced, kUnsafe, kUnknown };

[[noreturn]] void fail_with(Failure failure) {
  switch (failure) {
    case Failure::kBroken:
      throw TaskBroken("told to break");
    case Failure::kFenced:
      throw Fenced("told of another owner");
    case Failure::kUnsafe:
      throw Unsafe("torn transaction");
    case Failure::kUnknown:
      break;
  }
  throw std::out_of_range("nobody thought of this");
}

// The group, the log and what is committed: all that outlives a task.
struct Surroundings {
  // --- told by the test
  std::vector<GroupMember::Change> changes;  // one a poll
  std::map<TopicPartition, std::vector<std::string>> messages;
  std::map<TopicPartition, std::int64_t>
      open_ahead;  // messages of open transactions: known, not readable
  std::map<TaskId, std::map<std::string, std::vector<Failure>>> failures;  // step -> one a call
  std::vector<std::function<void()>> reader_failures;  // thrown by polls, one each
  std::vector<std::function<void()>> member_failures;
  std::set<TaskId> busy;  // have work that no message triggers
  milliseconds start_takes{0};
  std::function<void()> during_start = [] {};
  ManualClock* clock = nullptr;
  // --- seen by the test
  std::map<TaskId, std::int64_t> committed;
  std::vector<std::string> calls;  // "start copy 0", "commit copy 0", …
  std::vector<milliseconds> reader_waits;
  int joins = 0, leaves = 0;

  int count(const std::string& call) const {
    return static_cast<int>(std::ranges::count(calls, call));
  }
};

class FakeMember final : public GroupMember {
 public:
  explicit FakeMember(Surroundings& world) : world_(world) { ++world_.joins; }
  bool poll(milliseconds, const std::function<void(bool)>& before_revoke, Change& change) override {
    if (!world_.member_failures.empty()) {
      const auto failure = world_.member_failures.front();
      world_.member_failures.erase(world_.member_failures.begin());
      failure();
    }
    if (world_.changes.empty()) return false;
    change = world_.changes.front();
    world_.changes.erase(world_.changes.begin());
    if (std::exchange(assigned_, true)) before_revoke(change.lost);
    return true;
  }
  void leave() override { ++world_.leaves; }

 private:
  Surroundings& world_;
  bool assigned_ = false;
};

class FakeReader final : public PositionReader {
 public:
  explicit FakeReader(Surroundings& world) : world_(world) {}
  void assign(const std::vector<Position>& positions) override { positions_ = positions; }
  std::size_t poll(
      milliseconds wait, std::size_t max_records,
      const std::function<void(const TopicPartition&, std::span<const LogRecord>)>& each) override {
    world_.reader_waits.push_back(wait);
    if (!world_.reader_failures.empty()) {
      const auto failure = world_.reader_failures.front();
      world_.reader_failures.erase(world_.reader_failures.begin());
      failure();
    }
    std::size_t delivered = 0;
    for (Position& position : positions_) {
      const std::vector<std::string> values = world_.messages[position.partition];
      std::vector<LogRecord> records;
      while (delivered + records.size() < max_records &&
             static_cast<std::size_t>(position.next_offset) < values.size()) {
        records.emplace_back().value = values[static_cast<std::size_t>(position.next_offset)];
        records.back().offset = position.next_offset++;
      }
      delivered += records.size();
      if (!records.empty()) each(position.partition, records);
    }
    return delivered;
  }
  std::vector<std::pair<TopicPartition, std::int64_t>> lag() override {
    std::vector<std::pair<TopicPartition, std::int64_t>> out;
    for (const Position& at : positions_) {
      const auto end = static_cast<std::int64_t>(world_.messages[at.partition].size());
      out.emplace_back(at.partition, end + world_.open_ahead[at.partition] - at.next_offset);
    }
    return out;
  }

 private:
  Surroundings& world_;
  std::vector<Position> positions_;
};

// Commits when it has something and the input is idle.
class FakeTask final : public Task {
 public:
  FakeTask(Surroundings& world, TaskId id) : world_(world), id_(std::move(id)) {}
  ~FakeTask() override { called("end"); }
  std::vector<Position> start() override {
    called("start");
    world_.clock->advance(world_.start_takes);
    world_.during_start();
    next_ = world_.committed[id_];
    return {{{"in", id_.partition}, next_}};
  }
  void process(const TopicPartition& from, std::span<const LogRecord> records) override {
    EXPECT_EQ(from, (TopicPartition{"in", id_.partition}));
    EXPECT_EQ(records.front().offset, next_) << "nothing twice, nothing left out";
    next_ = records.back().offset + 1;
    called("process");
  }
  bool work() override {
    called("work");
    return world_.busy.contains(id_);
  }
  bool wants_commit(Clock::Steady, bool input_idle) const override {
    return input_idle && next_ != world_.committed[id_];
  }
  void commit() override {
    called("commit");
    world_.committed[id_] = next_;
  }

 private:
  void called(const std::string& what) {
    world_.calls.push_back(what + " " + id_.kind + " " + std::to_string(id_.partition));
    auto& failures = world_.failures[id_][what];
    if (failures.empty()) return;
    const Failure next = failures.front();
    failures.erase(failures.begin());
    fail_with(next);
  }

  Surroundings& world_;
  TaskId id_;
  std::int64_t next_ = 0;
};

class WorkerLoopTest : public ::testing::Test, public TaskFactory {
 protected:
  std::vector<TaskKind> kinds() const override { return {{"copy", {"in"}, 2}}; }
  std::unique_ptr<Task> make(const TaskId& id) override {
    return std::make_unique<FakeTask>(world, id);
  }

  WorkerLoopTest() { world.clock = &clock; }
  WorkerParts parts() {
    return {[this](const std::vector<std::string>&) { return std::make_unique<FakeMember>(world); },
            [this] { return std::make_unique<FakeReader>(world); }};
  }
  void assign(std::initializer_list<std::int32_t> partitions, bool lost = false) {
    GroupMember::Change change{{}, lost};
    for (const std::int32_t p : partitions) change.assigned.push_back({"in", p});
    world.changes.push_back(change);
  }
  void put(std::int32_t partition, const std::string& value) {
    world.messages[{"in", partition}].push_back(value);
  }
  void fail(std::int32_t partition, const std::string& step, std::vector<Failure> failures) {
    world.failures[{"copy", partition}][step] = std::move(failures);
  }
  void rounds(int n) {
    for (int i = 0; i < n; ++i) loop.step();
  }
  std::int64_t committed(std::int32_t partition) { return world.committed[{"copy", partition}]; }

  ManualClock clock;
  Metrics metrics{"test"};
  Surroundings world;
  WorkerLoop loop{"w", *this, parts(), clock, metrics};
};

TEST_F(WorkerLoopTest, AMessageIsProcessedAndCommittedInTheRoundItComesIn) {
  EXPECT_EQ(loop.not_ready(), "not started");
  rounds(1);
  EXPECT_THAT(loop.not_ready(), HasSubstr("waiting for partitions"));
  assign({0, 1});
  rounds(1);
  EXPECT_EQ(loop.not_ready(), "");
  put(0, "a");
  put(1, "b");
  rounds(1);
  EXPECT_EQ(committed(0), 1);
  EXPECT_EQ(committed(1), 1);
}

TEST_F(WorkerLoopTest, WithMoreOnItsWayACommitWaitsUntilNothingComes) {
  assign({0});
  rounds(1);
  put(0, "a");
  world.open_ahead[{"in", 0}] = 3;
  rounds(1);
  EXPECT_EQ(committed(0), 0);
  rounds(1);
  EXPECT_EQ(committed(0), 1) << "what is ahead can take long: an open transaction";
}

TEST_F(WorkerLoopTest, ATaskIsIdleForItselfWhileAnotherIsBusy) {
  assign({0, 1});
  rounds(1);
  put(0, "a");
  for (int i = 0; i < 10'000; ++i) put(1, "b");
  world.open_ahead[{"in", 1}] = 1;
  rounds(1);
  EXPECT_EQ(committed(0), 1);
  EXPECT_EQ(committed(1), 0);
}

TEST_F(WorkerLoopTest, WaitsForMessagesOnlyWhileNoTaskHasWork) {
  assign({0});
  rounds(2);
  EXPECT_GT(world.reader_waits.back(), milliseconds(0));
  world.busy = {{"copy", 0}};
  rounds(2);
  EXPECT_EQ(world.reader_waits.back(), milliseconds(0));
}

TEST_F(WorkerLoopTest, WaitsLongerWhereNothingHasComeForASecond) {
  assign({0});
  put(0, "a");
  rounds(3);
  const milliseconds busy = world.reader_waits.back();
  clock.advance(milliseconds(1'001));
  rounds(1);
  const milliseconds quiet = world.reader_waits.back();
  EXPECT_GT(busy, milliseconds(0));
  EXPECT_GT(quiet, busy);
  put(0, "b");
  rounds(2);
  EXPECT_EQ(world.reader_waits.back(), busy);
}

TEST_F(WorkerLoopTest, ABrokenTaskStartsAgainFromWhatIsCommittedAfterItsBackOffWhileOthersRunOn) {
  assign({0, 1});
  put(0, "a");
  rounds(1);
  fail(0, "commit", {Failure::kBroken});
  put(0, "b");
  rounds(1);
  EXPECT_EQ(world.count("end copy 0"), 1);
  EXPECT_THAT(loop.not_ready(), HasSubstr("copy 0: told to break"));
  put(1, "x");
  rounds(5);
  EXPECT_EQ(world.count("start copy 0"), 1) << "not before its time";
  EXPECT_EQ(committed(1), 1);
  clock.advance(milliseconds(130));
  rounds(1);
  EXPECT_EQ(committed(0), 2);
  EXPECT_EQ(loop.not_ready(), "");
  EXPECT_EQ(world.count("start copy 1"), 1);
  EXPECT_THAT(metrics.text(), HasSubstr("sluice_task_restarts_total{kind=\"copy\"} 1"));
  EXPECT_THAT(metrics.text(), HasSubstr("sluice_transactions_total{outcome=\"failed\"} 1"));
}

TEST_F(WorkerLoopTest, EachStepThatFailsEndsTheTask) {
  assign({0});
  rounds(1);
  int starts = 1;
  for (const char* step : {"process", "work", "commit", "start"}) {
    for (const Failure failure : {Failure::kBroken, Failure::kUnknown}) {
      if (step == std::string("start")) fail(0, "work", {Failure::kBroken});
      fail(0, step, {failure});
      put(0, "a");
      rounds(1);
      for (int i = 0; i < 3; ++i) {
        clock.advance(milliseconds(40'000));
        rounds(1);
      }
      starts += step == std::string("start") ? 2 : 1;
      EXPECT_EQ(world.count("start copy 0"), starts) << step;
      EXPECT_EQ(committed(0), static_cast<std::int64_t>(world.messages[{"in", 0}].size())) << step;
    }
  }
}

TEST_F(WorkerLoopTest, TheBackOffDoublesToHalfAMinuteAndBeginsAnewAfterACommit) {
  assign({0});
  fail(0, "start", std::vector<Failure>(12, Failure::kBroken));
  rounds(1);
  std::vector<milliseconds> waits;
  for (int i = 0; i < 11; ++i) {
    const int before = world.count("start copy 0");
    milliseconds waited{0};
    for (; world.count("start copy 0") == before; waited += milliseconds(10)) {
      clock.advance(milliseconds(10));
      rounds(1);
    }
    waits.push_back(waited);
  }
  EXPECT_LE(waits.front(), milliseconds(140));
  EXPECT_GE(waits.front(), milliseconds(100));
  EXPECT_TRUE(std::ranges::is_sorted(waits));
  EXPECT_GT(waits[5], milliseconds(3'000));
  EXPECT_EQ(waits.back(), milliseconds(30'000));
  clock.advance(milliseconds(30'000));
  put(0, "a");
  rounds(1);
  ASSERT_EQ(committed(0), 1);
  fail(0, "work", {Failure::kBroken});
  rounds(1);
  clock.advance(milliseconds(130));
  rounds(1);
  EXPECT_EQ(loop.not_ready(), "");
}

TEST_F(WorkerLoopTest, AFencedTaskWaitsTwoSecondsAtLeast) {
  assign({0});
  rounds(1);
  fail(0, "work", {Failure::kFenced});
  rounds(1);
  clock.advance(milliseconds(1'900));
  rounds(1);
  EXPECT_EQ(world.count("start copy 0"), 1);
  clock.advance(milliseconds(100));
  rounds(1);
  EXPECT_EQ(world.count("start copy 0"), 2);
}

TEST_F(WorkerLoopTest, AnUnsafeTaskStaysStoppedThroughRebalancesAndRejoinsAndOthersRunOn) {
  assign({0, 1});
  rounds(1);
  fail(0, "process", {Failure::kUnsafe});
  put(0, "a");
  rounds(1);
  assign({1});
  rounds(1);
  assign({0, 1}, true);
  rounds(1);
  world.member_failures.push_back([] { throw TaskBroken("the group is gone"); });
  assign({0, 1});
  rounds(1);
  for (int i = 0; i < 3; ++i) {
    clock.advance(milliseconds(60'000));
    rounds(1);
  }
  EXPECT_EQ(world.count("start copy 0"), 1);
  EXPECT_EQ(loop.not_ready(), "copy 0: torn transaction");
  EXPECT_THAT(metrics.text(), HasSubstr("sluice_task_unsafe{kind=\"copy\"} 1"));
  put(1, "b");
  rounds(1);
  EXPECT_EQ(committed(1), 1);
}

TEST_F(WorkerLoopTest, APartitionThatCannotBeReadOnEndsItsTaskOnly) {
  assign({0, 1});
  rounds(1);
  put(1, "b");
  world.reader_failures = {[] { throw PartitionFailed({"in", 0}, false, "no such topic"); }};
  rounds(2);
  EXPECT_EQ(world.count("end copy 0"), 1);
  EXPECT_EQ(committed(1), 1) << "what came with the failure is read again";
  clock.advance(milliseconds(130));
  rounds(1);
  EXPECT_EQ(world.count("start copy 0"), 2);
  world.reader_failures = {[] { throw PartitionFailed({"in", 0}, true, "offset 7 is gone"); }};
  rounds(1);
  clock.advance(milliseconds(60'000));
  rounds(1);
  EXPECT_EQ(world.count("start copy 0"), 2);
  EXPECT_EQ(loop.not_ready(), "copy 0: offset 7 is gone");
}

TEST_F(WorkerLoopTest, BeforePartitionsAreHandedOverTasksCommitAndThoseThatComeBackRunOn) {
  assign({0, 1});
  rounds(1);
  put(0, "a");
  world.open_ahead[{"in", 0}] = 1;
  rounds(1);
  assign({0});
  rounds(1);
  EXPECT_EQ(committed(0), 1);
  EXPECT_EQ(world.count("end copy 1"), 1);
  put(0, "b");
  rounds(2);
  EXPECT_EQ(committed(0), 2);
  EXPECT_EQ(world.count("start copy 0"), 1) << "kept";
}

TEST_F(WorkerLoopTest, ALostAssignmentEndsEveryTaskWithoutACommit) {
  assign({0});
  rounds(1);
  put(0, "a");
  world.open_ahead[{"in", 0}] = 1;
  rounds(1);
  assign({0}, true);
  rounds(1);
  EXPECT_EQ(world.count("start copy 0"), 2);
  EXPECT_EQ(world.count("end copy 0"), 1);
  const auto end = std::ranges::find(world.calls, "end copy 0");
  EXPECT_EQ(std::find(world.calls.begin(), end, "commit copy 0"), end);
}

TEST_F(WorkerLoopTest, BetweenLongStartsTheGroupIsServed) {
  world.start_takes = milliseconds(5'000);
  assign({0, 1});
  rounds(1);
  EXPECT_EQ(world.count("start copy 0") + world.count("start copy 1"), 1);
  rounds(1);
  EXPECT_EQ(world.count("start copy 0") + world.count("start copy 1"), 2);
}

TEST_F(WorkerLoopTest, WhileATaskThatCameFromAnotherStartsTheWorkerIsNotReady) {
  assign({0});
  rounds(1);
  assign({0, 1});
  std::string meanwhile;
  world.during_start = [&] { meanwhile = loop.not_ready(); };
  rounds(1);
  EXPECT_EQ(meanwhile, "copy 1: starting");
  EXPECT_EQ(loop.not_ready(), "");
}

TEST_F(WorkerLoopTest, AWorkerWhoseGroupFailsJoinsAgainAfterABackOff) {
  assign({0});
  rounds(1);
  world.member_failures.push_back([] { throw TaskBroken("not authorised"); });
  rounds(1);
  EXPECT_EQ(loop.not_ready(), "not authorised");
  EXPECT_EQ(world.leaves, 1);
  EXPECT_GT(loop.step(), milliseconds(50)) << "nothing to do until then";
  EXPECT_EQ(world.joins, 1);
  clock.advance(milliseconds(130));
  assign({0});
  rounds(1);
  EXPECT_EQ(world.joins, 2);
  EXPECT_EQ(loop.not_ready(), "");
}

TEST_F(WorkerLoopTest, AWorkerWhoseInstanceIsTakenComesBackEverMoreSlowlyUntilItCouldStay) {
  assign({0});
  rounds(1);
  const auto wait_after_fencing = [&] {
    world.member_failures.push_back([] { throw Fenced("joined a second time"); });
    rounds(1);
    EXPECT_EQ(loop.not_ready(), "joined a second time");
    const auto wait = loop.step();
    clock.advance(wait);
    assign({0});
    rounds(1);
    EXPECT_EQ(loop.not_ready(), "");
    return wait;
  };
  const auto first = wait_after_fencing();
  EXPECT_GE(first, milliseconds(2'000));
  EXPECT_GE(wait_after_fencing(), first + milliseconds(2'000));
  clock.advance(milliseconds(61'000));
  EXPECT_EQ(wait_after_fencing(), first);
  EXPECT_EQ(world.joins, 4);
  EXPECT_EQ(world.count("end copy 0"), 3);
}

TEST_F(WorkerLoopTest, AWorkerThatIsUnsafeStopsForGood) {
  assign({0});
  rounds(1);
  world.member_failures.push_back([] { throw Unsafe("the topic is gone"); });
  rounds(1);
  clock.advance(milliseconds(60'000));
  rounds(2);
  EXPECT_EQ(world.joins, 1);
  EXPECT_EQ(world.count("end copy 0"), 1);
  EXPECT_EQ(loop.not_ready(), "the topic is gone");
  EXPECT_THAT(metrics.text(), HasSubstr("sluice_task_unsafe{kind=\"copy\"} 1"));
}

TEST_F(WorkerLoopTest, ADrainCommitsEndsTheTasksAndLeavesTheGroup) {
  assign({0, 1});
  rounds(1);
  put(0, "a");
  world.open_ahead[{"in", 0}] = 1;
  rounds(1);
  fail(1, "commit", {Failure::kUnknown});
  loop.drain();
  EXPECT_EQ(committed(0), 1);
  EXPECT_EQ(world.count("end copy 0"), 1);
  EXPECT_EQ(world.leaves, 1);
}

TEST_F(WorkerLoopTest, LagIsWhatWaitsToBeRead) {
  assign({0, 1});
  rounds(1);
  world.open_ahead[{"in", 0}] = 4;
  world.open_ahead[{"in", 1}] = 3;
  clock.advance(milliseconds(1'000));
  rounds(1);
  EXPECT_THAT(metrics.text(),
              HasSubstr("sluice_consumer_lag_records{kind=\"copy\",worker=\"w\"} 7"));
}

// The thread around it.
TEST_F(WorkerLoopTest, AStoppedWorkerHasDrained) {
  assign({0});
  PartitionWorker worker("w", *this, parts(), clock, metrics);
  worker.start();
  worker.stop();
  EXPECT_EQ(worker.not_ready(), "stopped");
  EXPECT_EQ(world.leaves, world.joins);
}

TEST_F(WorkerLoopTest, AConfigurationThatCannotWorkIsReported) {
  PartitionWorker worker("w", *this,
                         {[](const std::vector<std::string>&) -> std::unique_ptr<GroupMember> {
                            throw ConfigError("kafka property x: no such property");
                          },
                          parts().reader},
                         clock, metrics);
  std::promise<std::string> reported;
  worker.on_fatal = [&](const std::string& message) { reported.set_value(message); };
  worker.start();
  EXPECT_THAT(reported.get_future().get(), HasSubstr("no such property"));
  worker.stop();
}

}  // namespace
}  // namespace sluice
