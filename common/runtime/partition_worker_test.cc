// The worker on fakes: a group that says what the test says, a reader with what the test put in, tasks that
// fail when told to. Conditions are waited for, never slept for.
#include "common/runtime/partition_worker.h"

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "common/base/error.h"

namespace sluice {
namespace {

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// What the test and the worker's thread share.
struct Stage {
  std::mutex mutex;
  std::deque<GroupMember::Change> changes;
  std::map<TopicPartition, std::vector<std::string>> messages;
  std::map<std::string, int> fail_next;  // "start", "process", "commit" -> times
  std::string failure = "broken";
  std::atomic<int> starts{0}, commits{0}, processed{0}, destroyed{0}, revokes{0};
  std::atomic<bool> left{false};

  void maybe_fail(const std::string& what) {
    const std::lock_guard lock(mutex);
    if (fail_next[what] <= 0) return;
    --fail_next[what];
    if (failure == "unsafe") throw Unsafe("torn transaction");
    throw TaskBroken("told to fail");
  }
  void assign(std::vector<TopicPartition> partitions, bool lost = false) {
    const std::lock_guard lock(mutex);
    changes.push_back({std::move(partitions), lost});
  }
  void put(const TopicPartition& to, std::string value) {
    const std::lock_guard lock(mutex);
    messages[to].push_back(std::move(value));
  }
};

class FakeMember final : public GroupMember {
 public:
  explicit FakeMember(Stage& stage) : stage_(stage) {}
  bool poll(std::chrono::milliseconds, const std::function<void(bool)>& before_revoke, Change& change) override {
    {
      const std::lock_guard lock(stage_.mutex);
      if (stage_.changes.empty()) return false;
      change = stage_.changes.front();
      stage_.changes.pop_front();
    }
    if (assigned_) {
      ++stage_.revokes;
      before_revoke(change.lost);
    }
    assigned_ = true;
    return true;
  }
  void leave() override { stage_.left = true; }

 private:
  Stage& stage_;
  bool assigned_ = false;
};

class FakeReader final : public PositionReader {
 public:
  explicit FakeReader(Stage& stage) : stage_(stage) {}
  void assign(const std::vector<Position>& positions) override { positions_ = positions; }
  std::size_t poll(std::chrono::milliseconds, std::size_t,
                   const std::function<void(const TopicPartition&, std::span<const LogRecord>)>& each) override {
    std::size_t delivered = 0;
    for (Position& position : positions_) {
      std::vector<std::string> values;
      {
        const std::lock_guard lock(stage_.mutex);
        const auto& all = stage_.messages[position.partition];
        for (std::size_t i = static_cast<std::size_t>(position.next_offset); i < all.size(); ++i) values.push_back(all[i]);
      }
      std::vector<LogRecord> records(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        records[i].value = values[i];
        records[i].offset = position.next_offset + static_cast<std::int64_t>(i);
      }
      if (records.empty()) continue;
      position.next_offset += static_cast<std::int64_t>(records.size());
      delivered += records.size();
      each(position.partition, records);
    }
    if (delivered == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return delivered;
  }
  std::vector<std::pair<TopicPartition, std::int64_t>> lag() override { return {}; }

 private:
  Stage& stage_;
  std::vector<Position> positions_;
};

class FakeTask final : public Task {
 public:
  FakeTask(Stage& stage, TaskId id, std::map<TaskId, std::int64_t>& committed)
      : stage_(stage), id_(std::move(id)), committed_(committed) {}
  ~FakeTask() override { ++stage_.destroyed; }
  std::vector<Position> start() override {
    stage_.maybe_fail("start");
    ++stage_.starts;
    next_ = committed_[id_];
    return {{{"in", id_.partition}, next_}};
  }
  void process(const TopicPartition&, std::span<const LogRecord> records) override {
    stage_.maybe_fail("process");
    stage_.processed += static_cast<int>(records.size());
    next_ = records.back().offset + 1;
    pending_ = true;
  }
  bool wants_commit(Clock::Steady, bool) const override { return pending_; }
  void commit() override {
    if (!pending_) return;
    stage_.maybe_fail("commit");
    committed_[id_] = next_;
    pending_ = false;
    ++stage_.commits;
  }

 private:
  Stage& stage_;
  TaskId id_;
  std::map<TaskId, std::int64_t>& committed_;
  std::int64_t next_ = 0;
  bool pending_ = false;
};

class Worker : public ::testing::Test, public TaskFactory {
 protected:
  std::vector<TaskKind> kinds() const override { return {{"copy", {"in"}, 2}}; }
  std::unique_ptr<Task> make(const TaskId& id) override { return std::make_unique<FakeTask>(stage, id, committed); }

  void SetUp() override {
    worker = std::make_unique<PartitionWorker>(
        "w", *this,
        WorkerParts{[this](const std::vector<std::string>&) { return std::make_unique<FakeMember>(stage); },
                    [this] { return std::make_unique<FakeReader>(stage); }},
        clock, metrics);
    worker->start();
  }
  void TearDown() override { worker->stop(); }

  Stage stage;
  std::map<TaskId, std::int64_t> committed;
  SystemClock clock;
  Metrics metrics{"test"};
  std::unique_ptr<PartitionWorker> worker;
};

TEST_F(Worker, RunsATaskForEachAssignedPartitionAndCommitsWhatItProcessed) {
  EXPECT_FALSE(worker->not_ready().empty());
  stage.put({"in", 0}, "a");
  stage.put({"in", 1}, "b");
  stage.assign({{"in", 0}, {"in", 1}});
  EXPECT_TRUE(eventually([&] { return stage.commits == 2; }));
  EXPECT_TRUE(eventually([&] { return worker->not_ready().empty(); }));
  EXPECT_EQ(stage.processed, 2);
}

TEST_F(Worker, StartsABrokenTaskAgainFromWhatIsCommittedWhileTheOthersRunOn) {
  stage.assign({{"in", 0}, {"in", 1}});
  stage.put({"in", 0}, "a");
  EXPECT_TRUE(eventually([&] { return stage.commits == 1; }));
  {
    const std::lock_guard lock(stage.mutex);
    stage.fail_next["commit"] = 1;
  }
  stage.put({"in", 0}, "b");
  EXPECT_TRUE(eventually([&] { return stage.commits == 2; }));
  EXPECT_EQ(stage.starts, 3) << "both tasks once, the broken one again";
  stage.put({"in", 1}, "c");
  EXPECT_TRUE(eventually([&] { return stage.commits == 3; }));
}

TEST_F(Worker, KeepsTryingATaskThatCannotStartAndSaysWhyMeanwhile) {
  {
    const std::lock_guard lock(stage.mutex);
    stage.fail_next["start"] = 2;
  }
  stage.assign({{"in", 0}});
  EXPECT_TRUE(eventually([&] { return worker->not_ready().find("told to fail") != std::string::npos; }));
  EXPECT_TRUE(eventually([&] { return stage.starts == 1; }));
  EXPECT_TRUE(eventually([&] { return worker->not_ready().empty(); }));
}

TEST_F(Worker, AnUnsafeTaskStaysStoppedAndTheOthersRunOn) {
  stage.failure = "unsafe";
  {
    const std::lock_guard lock(stage.mutex);
    stage.fail_next["process"] = 1;
  }
  stage.assign({{"in", 0}, {"in", 1}});
  stage.put({"in", 0}, "a");
  EXPECT_TRUE(eventually([&] { return worker->not_ready().find("torn transaction") != std::string::npos; }));
  stage.put({"in", 1}, "b");
  EXPECT_TRUE(eventually([&] { return stage.commits == 1; }));
  EXPECT_EQ(stage.starts, 2);
  EXPECT_NE(metrics.text().find("sluice_task_unsafe{kind=\"copy\"} 1"), std::string::npos);
}

TEST_F(Worker, KeepsATaskWhosePartitionComesBackAndEndsTheOthers) {
  stage.assign({{"in", 0}, {"in", 1}});
  EXPECT_TRUE(eventually([&] { return stage.starts == 2; }));
  stage.assign({{"in", 1}});
  EXPECT_TRUE(eventually([&] { return stage.destroyed == 1; }));
  stage.put({"in", 1}, "x");
  EXPECT_TRUE(eventually([&] { return stage.commits == 1; }));
  EXPECT_EQ(stage.starts, 2) << "the kept task is not started again";
}

TEST_F(Worker, ALostAssignmentEndsEveryTaskWithoutACommit) {
  stage.assign({{"in", 0}});
  EXPECT_TRUE(eventually([&] { return stage.starts == 1; }));
  stage.assign({{"in", 0}}, true);
  EXPECT_TRUE(eventually([&] { return stage.starts == 2; }));
  EXPECT_EQ(stage.destroyed, 1);
}

TEST_F(Worker, AStopLeavesTheGroup) {
  stage.assign({{"in", 0}});
  EXPECT_TRUE(eventually([&] { return stage.starts == 1; }));
  worker->stop();
  EXPECT_TRUE(stage.left);
  EXPECT_EQ(stage.destroyed, 1);
}

}  // namespace
}  // namespace sluice
