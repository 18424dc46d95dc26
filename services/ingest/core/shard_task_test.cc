#include "services/ingest/core/shard_task_fixture.h"

namespace sluice::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ShardTaskTest, AFileBecomesRecordsInChunksAndIsArchivedAfterTheLastCommit) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), lines(id, 2, 51));
  const FileEntry read = entry(id);
  EXPECT_EQ(read.state, FileState::kReading);
  EXPECT_TRUE(read.fully_read);
  EXPECT_EQ(read.rows, 50U);
  EXPECT_EQ(read.published, 50U);
  EXPECT_EQ(read.next_byte, rows(50).size());
  EXPECT_GT(messages(topics.files()).size(), 3U) << "several transactions";
  EXPECT_TRUE(files.archived.contains("a.csv"));
  EXPECT_THAT(files.landing, IsEmpty());
}

TEST_F(ShardTaskTest, ARecordHasItsKeyItsJsonAndItsOrigin) {
  files.put("a.csv", "id,n\nx,5\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_THAT(messages(topics.records("things"), 2),
              ElementsAre(Seen{"x", R"({"id":"x","n":5})", id + ":0:2"}));
}

TEST_F(ShardTaskTest, TheReceiptBalancesWhenStageOneHasAccountedForEveryRecord) {
  files.put("a.csv", rows(10));
  const std::string id = announce("a.csv");
  start();
  run();
  counts(id, 6);
  run();
  EXPECT_EQ(entry(id).state, FileState::kReading);
  counts(id, 3, 1);
  run();
  const FileEntry done = entry(id);
  EXPECT_EQ(done.state, FileState::kDone);
  EXPECT_EQ(done.records, 9U);
  EXPECT_EQ(done.duplicates, 1U);
  EXPECT_TRUE(done.balanced());
  EXPECT_EQ(events.lines.back(), "done a.csv");
}

TEST_F(ShardTaskTest, ABrokenRowIsADeadLetterWithItsLineAndColumnAndItsNeighboursGoOn) {
  files.put("a.csv", "id,n\na,1\nb,many\nc,3\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), (std::multiset<std::string>{id + ":0:2", id + ":0:4"}));
  const auto letters = messages(topics.dead_letters("things"), 2);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].key, id + ":0:3");
  const DeadLetter letter = dead_letter_from_json(letters[0].value).value();
  EXPECT_EQ(letter.line, 3U);
  EXPECT_EQ(letter.column, "n");
  EXPECT_EQ(letter.dataset, "things");
  EXPECT_EQ(letter.file_name, "a.csv");
  EXPECT_EQ(letter.stage, "ingest");
  EXPECT_EQ(letter.row, "b,many");
  EXPECT_THAT(letter.reason, HasSubstr("many"));
  const FileEntry read = entry(id);
  EXPECT_EQ(read.rows, 3U);
  EXPECT_EQ(read.published, 2U);
  EXPECT_EQ(read.rejected, 1U);
}

TEST_F(ShardTaskTest, AFileThatIsTakenAwayFailsWithASentence) {
  files.put("a.csv", rows(5));
  const std::string id = announce("a.csv");
  files.landing.clear();
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("taken away"));
}

TEST_F(ShardTaskTest, TheSameBytesUnderAnotherNameAreADuplicateAndArchived) {
  files.put("a.csv", rows(5));
  files.put("copy.csv", rows(5));
  const std::string id = announce("a.csv");
  const std::string copy = announce("copy.csv");
  start();
  run();
  EXPECT_EQ(entry(copy).state, FileState::kDuplicate);
  EXPECT_EQ(entry(copy).duplicate_of, id);
  EXPECT_EQ(origins(), lines(id, 2, 6));
  EXPECT_TRUE(files.archived.contains("copy.csv"));
}

TEST_F(ShardTaskTest, AWrongHeaderFailsTheFileBeforeAnyRow) {
  files.put("a.csv", "id,number\nx,5\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("number"));
  EXPECT_EQ(entry(id).rows, 0U);
  EXPECT_THAT(origins(), IsEmpty());
  EXPECT_THAT(files.reasons["a.csv"], HasSubstr("number"));
}

TEST_F(ShardTaskTest, AFileThatIsAnnouncedWithAnErrorFailsWithIt) {
  files.put("a.csv", "");
  Announcement broken;
  broken.id = file_id(7, "");
  broken.path = broken.name = "a.csv";
  broken.error = "The file is empty.";
  const FileIdentity identity = files.identity_at("a.csv").value();
  broken.mtime_ns = identity.mtime_ns;
  broken.inode = identity.inode;
  send(broken);
  start();
  run();
  EXPECT_EQ(entry(broken.id).state, FileState::kFailed);
  EXPECT_EQ(entry(broken.id).error, "The file is empty.");
  EXPECT_EQ(files.reasons["a.csv"], "The file is empty.");
  EXPECT_EQ(events.lines.back(), "failed a.csv");
}

TEST_F(ShardTaskTest, AFailedFileThatIsPutBackIsTriedAgain) {
  files.put("a.csv", "id,number\nx,5\n");
  const std::string first = announce("a.csv");
  start();
  run();
  ASSERT_TRUE(files.rejected.contains("a.csv"));
  clock.advance(std::chrono::milliseconds(1000));
  auto wider = std::make_shared<Dataset>(things());
  wider->fields[1].source = "number";
  datasets.dataset = wider;
  files.landing["a.csv"] = files.rejected.at("a.csv");  // moved back: same size, time and inode
  const std::string second = announce("a.csv");
  run();
  EXPECT_EQ(entry(first).state, FileState::kFailed);
  EXPECT_TRUE(entry(second).fully_read);
  EXPECT_EQ(origins(), lines(second, 2, 2));
}

TEST_F(ShardTaskTest, FilesAreReadInTurnsAChunkEach) {
  files.put("large.csv", rows(200));
  files.put("small.csv", rows(3));
  announce("large.csv");
  const std::string small = announce("small.csv");
  counts(small, 3);
  start();
  run();
  EXPECT_LT(std::ranges::find(events.lines, "done small.csv"), events.lines.end());
  // The small one was finished while the large one was being read.
  const auto written = messages(topics.files());
  const auto small_read = std::ranges::find_if(written, [&](const Seen& m) {
    return m.key == small && file_entry_from_json(m.value)->fully_read;
  });
  EXPECT_GT(written.end() - small_read, 5);
}

TEST_F(ShardTaskTest, AFileOfADefinitionThatIsNotHereWaits) {
  files.put("a.csv", rows(5));
  const std::string id = announce("a.csv");
  const auto known = std::exchange(datasets.dataset, nullptr);
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kWaiting);
  datasets.dataset = known;
  run();
  EXPECT_TRUE(entry(id).fully_read);
}

TEST_F(ShardTaskTest, ForeignMessagesAreIgnoredAndTold) {
  OutgoingRecord junk;
  junk.key = "k";
  junk.value = "not json";
  log.plain_producer()->send(topics.announcements(), 0, junk);
  log.plain_producer()->send(topics.file_counts(), 0, junk);
  counts("99-000000000000", 1);
  start();
  run();
  EXPECT_EQ(events.lines.size(), 3U);
}

TEST_F(ShardTaskTest, ARecordTooLongForAMessageIsADeadLetter) {
  limits.max_message_bytes = 1000;
  limits.read.block_bytes = 2000;
  files.put("a.csv", "id,n\n" + std::string(1000, 'x') + ",1\nb,2\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), lines(id, 3, 3));
  EXPECT_EQ(entry(id).rejected, 1U);
  EXPECT_EQ(entry(id).rows, 2U);
}

TEST_F(ShardTaskTest, TheResultIsTheSameWithAndWithoutThreads) {
  files.put("a.csv", rows(500));
  const std::string id = announce("a.csv");
  ParsePool threads(2);
  task = std::make_unique<ShardTask>(
      ShardParts{log, files, datasets, threads, clock, events, topics, watermarks, limits}, 0);
  for (const Position& position : task->start())
    positions[position.partition.topic] = position.next_offset;
  run();
  EXPECT_EQ(origins(), lines(id, 2, 501));
  // Within a partition the records stand in the file's order.
  std::uint64_t last = 0;
  log.settle();
  for (const LogRecord& r : log.fetch({topics.records("things"), 0}, 0, 100'000).records) {
    const std::uint64_t line = parse_origin(r.origin)->line;
    EXPECT_GT(line, last);
    last = line;
  }
}

TEST_F(ShardTaskTest, AFileWhoseSourceIsAwayWaitsWhereItIsAndLetsOthersGoFirst) {
  files.put("bucket.csv", rows(40'000));  // more than what tells the encoding
  files.put("folder.csv", "id,n\nz,1\n");
  limits.chunk_bytes = 10'000;
  limits.read.block_bytes = 1'000;
  start();
  const std::string remote = announce("bucket.csv", {}, "things", "s3");
  int reads = 0;
  files.after_read = [&] {
    if (++reads == 6) files.away = {"s3"};
  };
  run();
  const std::string local = announce("folder.csv");
  run();
  EXPECT_EQ(entry(remote).state, FileState::kReading);
  EXPECT_TRUE(entry(local).fully_read);
  EXPECT_THAT(events.lines, ::testing::Contains("away bucket.csv"));
  files.away.clear();
  clock.advance(limits.away_retry);
  run();
  EXPECT_TRUE(entry(remote).fully_read);
  auto expected = lines(remote, 2, 40'001);
  expected.merge(lines(local, 2, 2));
  EXPECT_EQ(origins(), expected);
}

TEST_F(ShardTaskTest, AFileThatCannotBeReadNowDoesNotKeepTheOthersOfItsSourceWaitingForEver) {
  files.put("bad.csv", rows(5));
  files.put("good.csv", rows(50));
  const std::string bad = announce("bad.csv"), good = announce("good.csv");
  files.away = {"bad.csv"};
  start();
  for (int tries = 0; tries < 50; ++tries) {
    run();
    clock.advance(limits.away_retry);
  }
  EXPECT_TRUE(entry(good).fully_read);
  EXPECT_TRUE(files.landing.contains("bad.csv"));
  files.away.clear();
  run();
  EXPECT_TRUE(entry(bad).fully_read);
}

TEST_F(ShardTaskTest, AFileThatMayNotBeReadAnyMoreIsTriedWithGrowingPausesAndThenFails) {
  files.put("closed.csv", rows(40'000));
  limits.chunk_bytes = 10'000;
  limits.read.block_bytes = 1'000;
  limits.refused = {3, std::chrono::milliseconds(500), std::chrono::milliseconds(60'000)};
  start();
  const std::string id = announce("closed.csv", {}, "things", "s3");
  int reads = 0;
  files.after_read = [&] {
    if (++reads == 6) files.closed = {"closed.csv"};
  };
  run();
  files.put("other.csv", "id,n\nz,1\n");
  const std::string other = announce("other.csv", {}, "things", "s3");
  run();
  EXPECT_TRUE(entry(other).fully_read) << "of the same source";
  const auto refusals = [&] { return std::ranges::count(events.lines, "refused closed.csv"); };
  EXPECT_EQ(refusals(), 1);
  clock.advance(std::chrono::milliseconds(499));
  run();
  EXPECT_EQ(refusals(), 1);
  clock.advance(std::chrono::milliseconds(1));
  run();
  EXPECT_EQ(refusals(), 2);
  clock.advance(std::chrono::milliseconds(999));
  run();
  EXPECT_EQ(entry(id).state, FileState::kReading);
  clock.advance(std::chrono::milliseconds(1));
  run();
  const FileEntry failed = entry(id);
  EXPECT_EQ(failed.state, FileState::kFailed);
  EXPECT_TRUE(failed.file.refused) << "the ledger remembers why";
  EXPECT_THAT(failed.error, ::testing::StartsWith(refused_for_good("closed.csv is closed", 3)));
  EXPECT_EQ(origins(), [&] {
    auto expected = lines(id, 2, 1 + failed.published);
    expected.merge(lines(other, 2, 2));
    return expected;
  }()) << "what was committed stays";
  clock.advance(std::chrono::hours(1));
  run();
  EXPECT_EQ(refusals(), 2);
}

TEST_F(ShardTaskTest, AFileThatMayBeReadAgainGoesOnWhereItWas) {
  files.put("closed.csv", rows(40'000));
  limits.chunk_bytes = 10'000;
  limits.read.block_bytes = 1'000;
  start();
  const std::string id = announce("closed.csv", {}, "things", "s3");
  int reads = 0;
  files.after_read = [&] {
    if (++reads == 6) files.closed = {"closed.csv"};
  };
  run();
  EXPECT_EQ(entry(id).state, FileState::kReading);
  files.closed.clear();
  clock.advance(limits.refused.first);
  run();
  EXPECT_TRUE(entry(id).fully_read);
  EXPECT_EQ(origins(), lines(id, 2, 40'001));
}

TEST_F(ShardTaskTest, AFileThatFailedBecauseItMayNotBeReadFailsOnceHoweverOftenItIsFound) {
  files.put("closed.csv", "id,n\nz,1\n");
  files.closed = {"closed.csv"};
  start();
  Announcement file;
  file.source = "s3";
  file.path = file.name = "closed.csv";
  const FileIdentity identity = files.identity_at("closed.csv").value();
  file.bytes = identity.bytes;
  file.mtime_ns = identity.mtime_ns;
  file.inode = identity.inode;
  file.error = refused_for_good("closed", 8);
  std::vector<std::string> ids;
  for (int i = 0; i < 2; ++i) {
    file.found_ms = clock.unix_ms();
    ids.push_back(file.id = file_id(place++, ""));
    send(file);
    run();
    clock.advance(std::chrono::hours(1));
  }
  EXPECT_EQ(entry(ids[0]).state, FileState::kFailed);
  EXPECT_EQ(entry(ids[1]).file.id, "") << "it stands in no second receipt";
}

TEST_F(ShardTaskTest, AFileWhoseDecoderHasNoMemoryWaitsHoldingNothingAndOthersGoOn) {
  files.put("large.csv", rows(40'000));
  limits.chunk_bytes = 10'000;
  limits.read.block_bytes = 1'000;
  start();
  const std::string large = announce("large.csv");
  int reads = 0;
  files.after_read = [&] {
    if (++reads == 6) files.busy = {"large.csv"};
  };
  run();
  files.put("other.csv", "id,n\nz,1\n");
  const std::string other = announce("other.csv");
  run();
  EXPECT_EQ(entry(large).state, FileState::kReading);
  EXPECT_TRUE(entry(other).fully_read);
  EXPECT_EQ(files.open_readers, 0);
  files.busy.clear();
  clock.advance(limits.memory_retry);
  run();
  EXPECT_TRUE(entry(large).fully_read);
  auto expected = lines(large, 2, 40'001);
  expected.merge(lines(other, 2, 2));
  EXPECT_EQ(origins(), expected);
}

TEST_F(ShardTaskTest, OfManyFilesThatWaitForMemoryOnlyAFewAreOpened) {
  start();
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    const std::string path = "large" + std::to_string(i) + ".csv";
    files.put(path, "id,n\nk" + std::to_string(i) + ",1\n");
    files.busy.insert(path);
    ids.push_back(announce(path));
  }
  run();
  EXPECT_EQ(std::ranges::count_if(ids, [&](const auto& id) { return entry(id).state == FileState::kReading; }), 2);
  files.busy.clear();
  clock.advance(limits.memory_retry);
  run();
  for (const std::string& id : ids) EXPECT_TRUE(entry(id).fully_read) << id;
}

class SmallFiles : public ShardTaskTest {
 protected:
  SmallFiles() {
    limits.chunk_bytes = 10'000;
    for (const char* name : {"a", "b", "c", "d", "e"}) {
      const std::string path = std::string(name) + ".csv";
      files.put(path, std::string("id,n\n") + name + ",1\n");
      ids.push_back(announce(path));
    }
  }
  // Of all but the first, which fails.
  void expect_others_read() {
    std::multiset<std::string> expected;
    for (std::size_t i = 1; i < ids.size(); ++i) {
      EXPECT_TRUE(entry(ids[i]).fully_read) << i;
      expected.insert(ids[i] + ":0:2");
    }
    EXPECT_EQ(origins(), expected);
  }
  std::vector<std::string> ids;
};

TEST_F(SmallFiles, ThoseThatWaitShareATransaction) {
  start();
  run();
  EXPECT_EQ(messages(topics.ingest_commits()).size(), 1U);
  EXPECT_EQ(files.archived.size(), ids.size());
  EXPECT_EQ(origins().size(), ids.size());
}

TEST_F(SmallFiles, OnesWhoseSourceIsAwayAtTheCommitAreReadAgainWhenItIsBack) {
  std::size_t reads = 0;
  files.after_read = [&] {
    if (++reads == ids.size()) files.away = {"folder"};
  };
  start();
  EXPECT_THROW(run(), TaskBroken);
  EXPECT_THAT(origins(), IsEmpty());
  start();
  run();
  files.away.clear();
  clock.advance(limits.away_retry);
  run();
  for (const std::string& id : ids) EXPECT_TRUE(entry(id).fully_read);
  EXPECT_EQ(origins().size(), ids.size());
}

TEST_F(SmallFiles, ThoseThatWereReadToTheirEndAreNotHeldOpenUntilTheCommit) {
  std::size_t most = 0;
  files.after_read = [&] { most = std::max<std::size_t>(most, files.open_readers); };
  start();
  run();
  EXPECT_EQ(messages(topics.ingest_commits()).size(), 1U) << "they waited for one commit";
  EXPECT_GT(ids.size(), limits.open_files);
  EXPECT_EQ(most, 1U);
  EXPECT_EQ(files.open_readers, 0);
}

TEST_F(SmallFiles, ATransactionIsNotKeptOpenForMoreOfThemThanALittleTime) {
  files.after_read = [this] { clock.advance(limits.together_time); };
  start();
  run();
  EXPECT_GT(messages(topics.ingest_commits()).size(), 2U);
  EXPECT_EQ(origins().size(), ids.size());
}

TEST_F(SmallFiles, OneThatChangesBeforeTheCommitFailsAndTheOthersAreReadAgain) {
  int reads = 0;
  files.after_read = [&] {
    if (++reads == 4) files.put("a.csv", "id,n\na,2\n");
  };
  start();
  run();
  EXPECT_EQ(entry(ids[0]).state, FileState::kFailed);
  EXPECT_THAT(entry(ids[0]).error, HasSubstr("changed"));
  expect_others_read();
}

TEST_F(SmallFiles, OneThatFailsBeforeItsFirstRowLeavesTheOthersInTheirTransaction) {
  files.landing.at("a.csv").content = "id,number\n";
  files.landing.at("a.csv").content.resize(files.landing.at("a.csv").identity.bytes, ' ');
  start();
  run();
  EXPECT_EQ(entry(ids[0]).state, FileState::kFailed);
  expect_others_read();
}

TEST_F(SmallFiles, ACopyOfOneInTheSameTransactionWaitsForItsCommit) {
  files.put("copy.csv", files.landing.at("c.csv").content);
  const std::string copy = announce("copy.csv");
  start();
  run();
  EXPECT_EQ(entry(copy).state, FileState::kDuplicate);
  EXPECT_EQ(entry(copy).duplicate_of, ids[2]);
  EXPECT_EQ(origins().size(), ids.size());
}

TEST_F(SmallFiles, OneWhoseDefinitionComesWhileATransactionIsOpenIsReadBehindIt) {
  for (const TopicSettings& topic : dataset_topics(topics, "others", {}, 2)) {
    log.create_topic(topic.name, topic.partitions);
  }
  files.put("f.csv", "id,n\nf,1\n");
  const std::string other = announce("f.csv", {}, "others");
  files.after_read = [this] {
    Dataset more = *datasets.dataset;
    more.name = "others";
    datasets.later = std::make_shared<Dataset>(std::move(more));
  };
  start();
  run();
  EXPECT_TRUE(entry(other).fully_read);
  EXPECT_EQ(messages(topics.records("others"), 2).size(), 1U);
  EXPECT_EQ(origins().size(), ids.size());
}

TEST_F(SmallFiles, ADatasetWithoutItsTopicsKeepsNoOtherFromBeingRead) {
  Dataset more = *datasets.dataset;
  more.name = "others";
  datasets.later = std::make_shared<Dataset>(std::move(more));
  start();
  run();
  EXPECT_EQ(origins().size(), ids.size());

  files.put("f.csv", "id,n\nf,1\n");
  announce("f.csv", {}, "others");
  EXPECT_THROW(run(), Unsafe) << "its own file cannot be written anywhere";
}

TEST_F(SmallFiles, AfterACrashAnywhereEachIsReadOnce) {
  for (int at = 0; at < 12; ++at) {
    SCOPED_TRACE(at);
    const std::string path = "crash" + std::to_string(at) + ".csv";
    files.put(path, "id,n\n" + path + ",1\n");
    ids.push_back(announce(path));
    faults.countdown = at;
    faults.effect = at % 2 == 0 ? "produce" : "commit";
    faults.after_it = at % 4 == 1;
    run_through_faults();
  }
  faults.effect.clear();
  EXPECT_EQ(origins().size(), ids.size());
  EXPECT_EQ(files.archived.size(), ids.size());
}

}  // namespace
}  // namespace sluice::ingest
