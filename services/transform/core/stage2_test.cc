#include <gtest/gtest.h>

#include "services/transform/core/test_bench.h"

namespace sluice::transform::testing {
namespace {

class Stage2 : public ::testing::Test {
 protected:
  Stage2() : bench_(visits(1)) {}

  void send(const std::string& id, const std::string& place, int guests, int line) {
    const std::string value = visit(id, place, guests, "1.5", "EUR", "2017-01-01");
    bench_.send(id, &value, "1-000000000001:0:" + std::to_string(line));
  }
  void stage1() {
    const auto task = bench_.stage1(0);
    Position position = task->start().front();
    bench_.feed(*task, position, 1000);
    task->commit();
  }
  void start() {
    task_ = bench_.stage2(0);
    position_ = task_->start().front();
  }
  void stage2() {
    start();
    while (bench_.feed(*task_, position_, 1000)) {
    }
    task_->commit();
  }
  std::size_t rows_sent() const { return bench_.all({bench_.topics.rows("places"), 0}).size(); }
  auto places() const { return bench_.table(bench_.topics.rows("places")); }
  // What stage 1 might have sent, frame by frame.
  void send_frame(const FrameHead& head) {
    FrameWriter writer;
    OutgoingRecord out;
    const std::string frame = writer.finish(head).front();
    out.value = frame;
    bench_.log.plain_producer()->send(bench_.topics.deltas("visits"), 0, out);
  }

  TestBench bench_;
  std::unique_ptr<Task> task_;
  Position position_;
};

TEST_F(Stage2, RowsFollowTheRecordsAndVanishWithTheLast) {
  send("a", "p", 2, 2);
  send("b", "p", 3, 3);
  stage1();
  stage2();
  EXPECT_EQ(places().at(R"(["p"])").dump(), R"({"_revision":1,"guests":5,"place":"p","visits":2})");
  send("a", "q", 2, 4);
  bench_.send("b", nullptr);
  stage1();
  stage2();
  EXPECT_EQ(places().size(), 1U);
  EXPECT_EQ(places().at(R"(["q"])").dump(), R"({"_revision":2,"guests":2,"place":"q","visits":1})");
}

TEST_F(Stage2, OnlyRowsThatReallyChangedAreSent) {
  send("a", "p", 2, 2);
  stage1();
  stage2();
  const std::size_t before = rows_sent();
  send("a", "q", 2, 3);
  stage1();
  send("a", "p", 2, 4);
  stage1();
  stage2();
  EXPECT_EQ(rows_sent(), before) << "moved away and back within one commit";
}

TEST_F(Stage2, StateComesBackFromTheChangelogOverAnyLocalRest) {
  for (int i = 0; i < 6; ++i) {
    send("k" + std::to_string(i), i % 2 == 0 ? "p" : "q", 1, 2 + i);
    stage1();
    stage2();
  }
  const std::string store = "visits-stage2-0";
  for (const std::size_t survivors : {6U, 3U, 1U, 0U}) {
    task_.reset();
    bench_.stores.crash(store, survivors);
    start();
    EXPECT_FALSE(task_->wants_commit(bench_.clock.steady_now(), true));
  }
  bench_.log.compact({bench_.topics.state("visits"), 0});
  bench_.stores.wipe(store);
  send("k9", "p", 1, 20);
  stage1();
  stage2();
  EXPECT_EQ(places().at(R"(["p"])").at("visits"), 4);
  EXPECT_EQ(places().at(R"(["q"])").at("visits"), 3);
}

TEST_F(Stage2, ARestoreOfACompactedLogHoldsOnlyAPieceOfTheStateAtATime) {
  for (int i = 0; i < 20; ++i) {
    send("k" + std::to_string(i), "p" + std::to_string(i), 1, 2 + i);
    stage1();
    stage2();
  }
  bench_.log.compact({bench_.topics.state("visits"), 0});
  bench_.restore_bytes = 1;
  task_.reset();
  bench_.stores.wipe("visits-stage2-0");
  start();
  // Killed in the middle of it: what it leaves is no state of any moment, and is not taken for one.
  for (const std::size_t survivors : {11U, 5U, 1U}) {
    task_.reset();
    bench_.stores.crash("visits-stage2-0", survivors);
    start();
  }
  send("k3", "p4", 1, 30);
  stage1();
  stage2();
  EXPECT_FALSE(places().contains(R"(["p3"])"));
  EXPECT_EQ(places().at(R"(["p4"])").at("visits"), 2);
  EXPECT_EQ(places().at(R"(["p19"])").at("visits"), 1);
}

TEST_F(Stage2, LocalStateOlderThanWhatTheLogRemembersOfDeletionsIsThrownAway) {
  send("a", "p", 2, 2);
  stage1();
  stage2();
  // It goes elsewhere, where the group vanishes; and comes back when that is forgotten.
  task_.reset();
  sluice::testing::MemoryStateStores elsewhere(bench_.faults);
  bench_.disk = &elsewhere;
  send("a", "q", 2, 3);
  stage1();
  stage2();
  task_.reset();
  bench_.log.forget_deletions({bench_.topics.state("visits"), 0});
  bench_.log.forget_deletions({bench_.topics.rows("places"), 0});
  bench_.disk = &bench_.stores;
  bench_.clock.advance(std::chrono::milliseconds(kAwayAtMostMs + 1));
  send("b", "p", 5, 4);
  stage1();
  stage2();
  EXPECT_EQ(places().at(R"(["p"])").at("visits"), 1) << "not the one that went away, too";
}

TEST_F(Stage2, LocalStateOfATransactionThatTheLogLostIsThrownAway) {
  send("a", "p", 2, 2);
  send("x", "q", 1, 3);
  send("y", "q", 1, 4);
  stage1();
  stage2();
  task_.reset();
  // As if a later transaction had given p a second visit: what the store has of q, under p's key.
  const auto store = bench_.stores.open("visits-stage2-0");
  std::map<std::string, std::string> groups;
  store->scan("g\x06places", [&](std::string_view key, std::string_view state) {
    groups.emplace(key, state);
    return true;
  });
  ASSERT_EQ(groups.size(), 2U);
  store->apply({{groups.begin()->first, groups.rbegin()->second}},
               to_json(LocalPosition{0, 9, bench_.dataset->fingerprint, bench_.clock.unix_ms()}));
  send("b", "p", 1, 5);
  stage1();
  stage2();
  EXPECT_EQ(places().at(R"(["p"])").at("visits"), 2) << "a and b, and none that the log does not know";
  EXPECT_EQ(places().at(R"(["p"])").at("_revision"), 2);
}

TEST_F(Stage2, FramesHeldBackAreReadAgainAfterARestart) {
  const std::string big(kMaxFrameBytes, 'x');
  FrameWriter writer;
  writer.add({DeltaKind::kGroup, "places", 0, big, 1, ""});
  writer.add({DeltaKind::kGroup, "places", 0, big, -1, ""});
  FrameHead head;
  head.task = "visits-stage1-0";
  head.transaction = 1;
  head.input_to = 10;
  const auto frames = writer.finish(head);
  ASSERT_EQ(frames.size(), 2U);
  OutgoingRecord first;
  first.value = frames[0];
  bench_.log.plain_producer()->send(bench_.topics.deltas("visits"), 0, first);
  head.task = "visits-stage1-1";
  send_frame(head);
  stage2();
  EXPECT_EQ(bench_.all({bench_.topics.state("visits"), 0}).size(), 2U)
      << "task 1's chain and the commit record";
  start();
  EXPECT_EQ(position_.next_offset, 0) << "task 0's transaction is not complete";
  while (bench_.feed(*task_, position_, 1)) {
  }
  EXPECT_FALSE(task_->wants_commit(bench_.clock.steady_now(), true))
      << "task 1's transaction was applied before";
}

TEST_F(Stage2, ATornTransactionStopsWithANamedError) {
  FrameHead head;
  head.transaction = 2;
  send_frame(head);
  start();
  try {
    while (bench_.feed(*task_, position_, 1)) {
    }
    FAIL() << "a gap went by";
  } catch (const Unsafe& error) {
    EXPECT_NE(std::string(error.what()).find("torn transaction"), std::string::npos);
  }
}

TEST_F(Stage2, DataBehindTheLastCommitRecordStopsTheTask) {
  send("a", "p", 2, 2);
  stage1();
  stage2();
  OutgoingRecord stray;
  stray.key = "gstray";
  stray.value = "x";
  bench_.log.plain_producer()->send(bench_.topics.state("visits"), 0, stray);
  EXPECT_THROW(start(), Unsafe);
}

TEST_F(Stage2, AMessageThatIsNoFrameStopsTheTask) {
  OutgoingRecord stray;
  stray.value = "\x07hello";
  bench_.log.plain_producer()->send(bench_.topics.deltas("visits"), 0, stray);
  start();
  EXPECT_THROW(bench_.feed(*task_, position_, 1), Unsafe);
}

TEST_F(Stage2, TheTopologyNamesBothStagesOfEachDataset) {
  TransformTasks tasks({bench_.dataset}, bench_.topics, bench_.log, bench_.stores, bench_.clock,
                       bench_.events, bench_.watermarks);
  const auto kinds = tasks.kinds();
  ASSERT_EQ(kinds.size(), 2U);
  EXPECT_EQ(kinds[0].kind, "visits-stage1");
  EXPECT_EQ(kinds[0].topics, std::vector<std::string>{bench_.topics.records("visits")});
  EXPECT_EQ(kinds[1].topics, std::vector<std::string>{bench_.topics.deltas("visits")});
  EXPECT_NE(tasks.make({kinds[1].kind, 0}), nullptr);
}

}  // namespace
}  // namespace sluice::transform::testing
