#include "services/transform/core/stage1_task.h"

#include <gtest/gtest.h>

#include "common/model/commit_record.h"
#include "services/transform/core/test_bench.h"

namespace sluice::transform::testing {
namespace {

using std::chrono::milliseconds;

class Stage1 : public ::testing::Test {
 protected:
  Stage1() : bench_(visits(1)) {}

  void send(const std::string& id, const std::string& value, const std::string& origin) {
    bench_.send(id, &value, origin);
  }
  void start() {
    task_ = bench_.stage1(0);
    position_ = task_->start().front();
  }
  void feed() {
    while (bench_.feed(*task_, position_, 100)) {
    }
  }
  void run() {
    start();
    feed();
    task_->commit();
  }
  std::vector<Frame> frames() const {
    std::vector<Frame> out;
    for (const auto& record : bench_.all({bench_.topics.deltas("visits"), 0})) {
      out.push_back(read_frame(record.value).value());
    }
    return out;
  }
  std::size_t commits() const { return bench_.all({bench_.topics.commits("visits"), 0}).size(); }

  TestBench bench_;
  std::unique_ptr<Task> task_;
  Position position_;
};

const std::string kFile = "1-000000000001";
constexpr std::int64_t kDayMs = 86'400'000;

TEST_F(Stage1, ATransactionSendsOneDeltaPerGroupAndItsRangeOfInput) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  send("b", visit("b", "p", 3, "2", "EUR", "2017-01-02"), kFile + ":0:3");
  run();
  ASSERT_EQ(frames().size(), 1U);
  const Frame frame = frames().front();
  EXPECT_EQ(frame.head.transaction, 1U);
  EXPECT_EQ(frame.head.input_from, 0);
  EXPECT_EQ(frame.head.input_to, 2);
  ASSERT_EQ(frame.deltas.size(), 2U) << "one group in each of the two reports";
  EXPECT_EQ(frame.deltas[0].weight, 2);
}

TEST_F(Stage1, ARetriedRecordHasItsOwnPlaceAndIsCountedForTheRetry) {
  const std::string later = "5-000000000005", retry = "9-000000000009";
  const std::string old = visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), news = visit("b", "p", 3, "2", "EUR", "2017-01-02");
  send("a", visit("a", "p", 7, "1.5", "EUR", "2017-01-01"), later + ":0:2");
  bench_.send("a", &old, kFile + ":0:2", -1, retry);   // was corrected since
  bench_.send("b", &news, kFile + ":0:3", -1, retry);
  bench_.send("b", &news, kFile + ":0:3", -1, "no file id");
  run();
  ASSERT_EQ(frames().size(), 1U);
  EXPECT_EQ(frames().front().deltas[0].weight, 2);
  const auto counts = bench_.counts();
  EXPECT_EQ(counts.at(later).records, 1U);
  EXPECT_EQ(counts.at(retry).records, 1U);
  EXPECT_EQ(counts.at(retry).corrections, 1U) << "an older version, of other content";
  EXPECT_EQ(counts.at(kFile).duplicates, 1U) << "a header that names no file means nothing";
}

TEST_F(Stage1, ChangesThatCancelOutLeaveAnEmptyFrame) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  bench_.send("a", nullptr);
  run();
  ASSERT_EQ(frames().size(), 1U);
  EXPECT_TRUE(frames().front().deltas.empty());
}

TEST_F(Stage1, NothingIsVisibleBeforeTheCommitAndNothingIsCommittedTwice) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  start();
  feed();
  EXPECT_EQ(frames().size(), 0U);
  task_->commit();
  task_->commit();
  EXPECT_EQ(frames().size(), 1U);
  EXPECT_EQ(commits(), 1U);
}

TEST_F(Stage1, AFilesRecordsAreAllAccountedFor) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:3");
  send("a", visit("a", "p", 2, "1.6", "EUR", "2017-01-01"), kFile + ":0:4");
  send("a", visit("a", "p", 2, "1.4", "EUR", "2017-01-01"), kFile + ":0:1");
  send("b", "{", kFile + ":0:5");
  run();
  const auto counts = bench_.counts().at(kFile);
  EXPECT_EQ(counts.records, 1U);
  EXPECT_EQ(counts.duplicates, 1U);
  EXPECT_EQ(counts.corrections, 2U);
  EXPECT_EQ(counts.poisoned, 1U);
  EXPECT_EQ(bench_.all({bench_.topics.dead_letters("visits"), 0}).size(), 1U);
}

TEST_F(Stage1, ARecordBehindItsClosedWindowIsCountedAsLateAndApplied) {
  bench_.dataset->allowed_lateness_seconds = 86'400;
  bench_.watermarks.ms = 17'199 * kDayMs;  // 2017-02-02: with a day's lateness January is closed
  send("b", visit("b", "p", 1, "1", "EUR", "2017-02-01"), kFile + ":0:3");  // in time
  send("d", visit("d", "p", 1, "1", "EUR", "2017-01-31"), kFile + ":0:5");  // late
  send("d", visit("d", "p", 1, "1", "EUR", "2017-01-31"), kFile + ":0:6");  // not late: a duplicate
  run();
  EXPECT_EQ(bench_.counts().at(kFile).late, 1U);
  EXPECT_EQ(bench_.counts().at(kFile).records, 2U);
}

TEST_F(Stage1, RowsOfOneFileAreNotLateBecauseOfEachOther) {
  send("a", visit("a", "p", 1, "1", "EUR", "2017-05-01"), kFile + ":0:2");
  send("b", visit("b", "p", 1, "1", "EUR", "2017-01-01"), kFile + ":0:3");
  run();
  EXPECT_EQ(bench_.counts().at(kFile).late, 0U);
}

TEST_F(Stage1, WhileTheLatenessLastsAWindowIsOpen) {
  bench_.dataset->allowed_lateness_seconds = 86'400;
  bench_.watermarks.ms = 17'198 * kDayMs + 1;  // into 2017-02-01
  send("d", visit("d", "p", 1, "1", "EUR", "2017-01-31"), kFile + ":0:5");
  run();
  EXPECT_EQ(bench_.counts().at(kFile).late, 0U);
}

TEST_F(Stage1, AFilesGreatestEventTimeIsToldWithItsCounts) {
  send("a", visit("a", "p", 1, "1", "EUR", "2017-02-03"), kFile + ":0:2");
  send("b", visit("b", "p", 1, "1", "EUR", "2017-01-03"), kFile + ":0:3");
  run();
  EXPECT_EQ(bench_.counts().at(kFile).event_max_ms, 17'200 * kDayMs);
}

TEST_F(Stage1, LocalStateThatLeadsTheLogIsThrownAway) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  bench_.stores.open("visits-stage1-0")
      ->apply({{"a", "junk"}}, to_json(LocalPosition{99, 7, bench_.dataset->fingerprint, 0}));
  run();
  EXPECT_EQ(bench_.counts().at(kFile).records, 1U);
}

TEST_F(Stage1, DamagedLocalStateIsRebuiltFromTheLog) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  run();
  const auto position = bench_.stores.open("visits-stage1-0")->position();
  bench_.stores.open("visits-stage1-0")->apply({{"a", "junk"}}, position);
  send("a", visit("a", "p", 3, "1.5", "EUR", "2017-01-01"), kFile + ":0:3");
  start();
  EXPECT_THROW(feed(), TaskBroken);
  run();
  EXPECT_EQ(bench_.counts().at(kFile).corrections, 1U);
}

TEST_F(Stage1, AnotherDefinitionOrPartitionCountIsRefusedWithWhatToDo) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  run();
  const std::string before = std::exchange(bench_.dataset->fingerprint, "another");
  try {
    start();
    FAIL() << "old state was mixed with a new definition";
  } catch (const Unsafe& error) {
    EXPECT_NE(std::string(error.what()).find("Put the old definition back"), std::string::npos);
  }
  bench_.dataset->fingerprint = before;
  bench_.dataset->partitions = 3;
  EXPECT_THROW(start(), Unsafe);
}

TEST_F(Stage1, AReportThatLooksItUpMustBeThereFromTheFirstRecordOn) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  run();
  bench_.log.create_topic(bench_.topics.entities("reader"), 1);
  bench_.dataset->feeds.push_back({"reader", "found", 1, LookupSpec{"visits", {}, {}, {}, {}}});
  EXPECT_THROW(start(), Unsafe);
  bench_.dataset->feeds.clear();
  start();
}

TEST_F(Stage1, AnOlderOwnerIsFenced) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  start();
  feed();
  const auto older = std::move(task_);
  run();
  EXPECT_THROW(older->commit(), Fenced);
  EXPECT_EQ(frames().size(), 1U);
}

TEST_F(Stage1, ACommitIsWantedWhenInputIsIdleOrASecondHasGoneBy) {
  send("a", visit("a", "p", 2, "1.5", "EUR", "2017-01-01"), kFile + ":0:2");
  start();
  EXPECT_FALSE(task_->wants_commit(bench_.clock.steady_now(), true)) << "nothing is pending";
  feed();
  EXPECT_TRUE(task_->wants_commit(bench_.clock.steady_now(), true));
  EXPECT_FALSE(task_->wants_commit(bench_.clock.steady_now() + milliseconds(999), false));
  EXPECT_TRUE(task_->wants_commit(bench_.clock.steady_now() + milliseconds(1000), false));
}

}  // namespace
}  // namespace sluice::transform::testing
