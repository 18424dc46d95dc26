#include "services/ingest/core/shard_task_fixture.h"

namespace sluice::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ShardTaskTest, WhateverIsInterruptedEveryRowIsPublishedExactlyOnce) {
  struct Case {
    const char* effect;
    bool after;
  };
  for (const Case c :
       {Case{"produce", false}, Case{"commit", false}, Case{"commit", true}, Case{"init", false}}) {
    for (int countdown = 0; countdown < 60;
         countdown += c.effect == std::string("produce") ? 7 : 1) {
      files = MemoryFiles();
      const std::string path =
          std::string(c.effect) + (c.after ? "-after" : "") + std::to_string(countdown) + ".csv";
      // Bytes of its own, so that it is no duplicate of an earlier round.
      files.put(path, rows(30) + "own," + std::to_string(place) + "\n");
      const std::string id = announce(path);
      faults.effect = c.effect;
      faults.countdown = countdown;
      faults.after_it = c.after;
      run_through_faults();
      faults.effect.clear();
      std::multiset<std::string> mine;
      for (const std::string& origin : origins()) {
        if (origin.starts_with(id + ":")) mine.insert(origin);
      }
      EXPECT_EQ(mine, lines(id, 2, 32)) << path;
      EXPECT_TRUE(entry(id).fully_read) << path;
      EXPECT_EQ(entry(id).published, 31U) << path;
      EXPECT_TRUE(files.archived.contains(path)) << path;
    }
  }
}

TEST_F(ShardTaskTest, AfterACrashInTheMiddleReadingGoesOnAtTheNextByte) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 3;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  const FileEntry half = entry(id);
  EXPECT_GT(half.next_byte, 0U);
  EXPECT_FALSE(half.fully_read);
  EXPECT_EQ(origins().size(), half.rows);
  start();
  run();
  EXPECT_EQ(origins(), lines(id, 2, 51));
  EXPECT_THAT(events.lines, ElementsAre("started a.csv", "resumed a.csv"));
}

TEST_F(ShardTaskTest, ABacklogIsToldFromTheStartAndIsNoLongerOnesOwnWhenTheTaskIsGone) {
  files.put("a.csv", rows(50));
  announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 3;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  task.reset();
  EXPECT_EQ(events.told.files, 0U);
  EXPECT_EQ(events.told.rows, 0U);
  EXPECT_EQ(events.told.oldest_ms, 0);
  start();
  EXPECT_EQ(events.told.files, 1U);
  EXPECT_GT(events.told.rows, 0U);
  EXPECT_GT(events.told.oldest_ms, 0);
}

TEST_F(ShardTaskTest, FilesWhoseDefinitionWasTakenAwayWaitAndHoldUpNoOther) {
  files.put("a.csv", rows(50));
  files.put("b.csv", rows(60));
  const std::string a = announce("a.csv");
  const std::string b = announce("b.csv");
  faults.effect = "commit";
  faults.countdown = 4;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  ASSERT_GT(entry(a).next_byte, 0U);
  ASSERT_GT(entry(b).next_byte, 0U);

  // As many files are open as may be, and none can go on; another dataset's can.
  const auto things_before = datasets.dataset;
  auto others = std::make_shared<Dataset>(things());
  others->name = "others";
  datasets.dataset = others;
  for (const TopicSettings& topic : dataset_topics(topics, "others", {}, 2)) {
    log.create_topic(topic.name, topic.partitions);
  }
  files.put("c.csv", rows(5));
  const std::string c = announce("c.csv", {}, "others");
  start();
  run();
  EXPECT_FALSE(task->work()) << "there is nothing to do, and the worker may rest";
  EXPECT_TRUE(entry(c).fully_read);
  EXPECT_EQ(entry(a).state, FileState::kReading);

  datasets.dataset = things_before;
  run();
  std::multiset<std::string> both = lines(a, 2, 51);
  both.merge(lines(b, 2, 61));
  EXPECT_EQ(origins(), both);
}

TEST_F(ShardTaskTest, AFileOfOtherBytesAfterACrashFailsAndWhatWasCommittedStaysCounted) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 3;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  files.landing.at("a.csv").content[10] = 'X';  // same size, time and inode
  start();
  run();
  const FileEntry failed = entry(id);
  EXPECT_EQ(failed.state, FileState::kFailed);
  EXPECT_THAT(failed.error, HasSubstr("changed while it was read"));
  EXPECT_THAT(failed.error, HasSubstr("first " + std::to_string(failed.rows) + " rows"));
  EXPECT_EQ(failed.published, origins().size());
  EXPECT_GT(failed.published, 0U);
  EXPECT_TRUE(files.rejected.contains("a.csv"));
}

TEST_F(ShardTaskTest, AFileThatChangesWhileItIsReadFailsAndNothingOfTheChunkIsSeen) {
  files.put("a.csv", rows(5));
  const std::string id = announce("a.csv");
  start();
  files.after_read = [&] { files.landing.at("a.csv").identity.mtime_ns = 999; };
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("changed while it was read"));
  EXPECT_EQ(entry(id).published, 0U);
  EXPECT_THAT(origins(), IsEmpty());
  EXPECT_TRUE(files.landing.contains("a.csv")) << "its new content is another delivery";
}

TEST_F(ShardTaskTest, TheSameDeliveryAnnouncedAgainMakesNoSecondReceipt) {
  files.put("a.csv", rows(5));
  const std::string id = announce("a.csv");
  announce("a.csv");
  files.moves_fail = true;
  start();
  run();
  EXPECT_TRUE(files.landing.contains("a.csv"));
  announce("a.csv");  // the watcher of a restarted service
  files.moves_fail = false;
  start();
  run();
  std::set<std::string> ids;
  for (const Seen& message : messages(topics.files())) ids.insert(message.key);
  EXPECT_THAT(ids, ElementsAre(id));
  EXPECT_TRUE(files.archived.contains("a.csv"));
}

TEST_F(ShardTaskTest, AMoveThatFailsIsRepeatedLater) {
  files.put("a.csv", rows(5));
  announce("a.csv");
  files.moves_fail = true;
  start();
  run();
  EXPECT_TRUE(files.landing.contains("a.csv"));
  files.moves_fail = false;
  task->work();
  EXPECT_TRUE(files.landing.contains("a.csv")) << "not before its time";
  clock.advance(limits.move_retry);
  task->work();
  EXPECT_TRUE(files.archived.contains("a.csv"));
}

TEST_F(ShardTaskTest, RecordsThatWereTakenBeforeAreDroppedWhenTheConsumerRewinds) {
  files.put("a.csv", rows(3));
  const std::string id = announce("a.csv");
  start();
  run();
  counts(id, 2);
  run();
  positions[topics.file_counts()] = 0;
  run();
  EXPECT_EQ(entry(id).records, 2U);
}

TEST_F(ShardTaskTest, ANewerOwnerFencesTheOlder) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  start();
  auto older = std::move(task);
  const auto announced = log.fetch({topics.announcements(), 0}, 0, 10);
  older->process({topics.announcements(), 0}, announced.records);
  older->work();
  start();
  run();
  EXPECT_THROW(older->commit(), Fenced);
  EXPECT_EQ(origins(), lines(id, 2, 51));
}

TEST_F(ShardTaskTest, ATransactionThatTheBrokerLostIsAbortedBeforeItIsWaitedFor) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 2;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  log.lose_transaction(topics.prefix() + "-ingest-0");
  start();  // throws where it waits for it
  run();
  EXPECT_EQ(origins(), lines(id, 2, 51));
}

TEST_F(ShardTaskTest, ATornTransactionStopsTheShard) {
  files.put("a.csv", rows(50));
  announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 2;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  task.reset();
  log.tear("sluice-ingest-0", topics.files());  // the ledger says more than the commit record
  EXPECT_THROW(start(), Unsafe);
}

TEST_F(ShardTaskTest, ACommitRecordWithoutItsLedgerEntriesStopsTheShard) {
  files.put("a.csv", rows(50));
  announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 2;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  task.reset();
  log.tear("sluice-ingest-0", topics.ingest_commits());
  EXPECT_THROW(start(), Unsafe);
}

TEST_F(ShardTaskTest, ACompactedLedgerRestoresTheSame) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  start();
  run();
  log.settle();
  log.compact({topics.files(), 0});
  log.compact({topics.ingest_commits(), 0});
  counts(id, 50);
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kDone);
}

}  // namespace
}  // namespace sluice::ingest
