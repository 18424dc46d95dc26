// Archives: each of their files is one of its own, and they go when all of them are settled.
#include "services/ingest/core/shard_task_fixture.h"

namespace sluice::ingest {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ShardArchiveTest : public ShardTaskTest {
 protected:
  // Of the nth file of an archive, lines 2 to `to`.
  static std::multiset<std::string> lines_in(const FileEntry& file, std::uint32_t number, std::uint64_t to) {
    std::multiset<std::string> out;
    for (std::uint64_t line = 2; line <= to; ++line) {
      out.insert(file.file.id + ":" + std::to_string(number) + ":" + std::to_string(line));
    }
    return out;
  }
  // Rows that no other file has.
  static std::string own(const std::string& name, int count) {
    return rows(count) + name + ",1\n";
  }
};

TEST_F(ShardArchiveTest, EachFileIsReadAsOneOfItsOwnAndTheArchiveGoesWhenAllAreSettled) {
  const std::string id = announce_archive("all.zip", {{"sub/a.csv", own("a", 20)}, {"b.csv", own("b", 3)}});
  start();
  run();
  const FileEntry a = entry_in(id, 1), b = entry_in(id, 2);
  EXPECT_EQ(a.file.name, "all.zip/sub/a.csv");
  EXPECT_EQ(a.published, 21U);
  EXPECT_EQ(b.published, 4U);
  std::multiset<std::string> both = lines_in(a, 1, 22);
  both.merge(lines_in(b, 2, 5));
  EXPECT_EQ(origins(), both);
  EXPECT_EQ(entry(id).state, FileState::kReading);
  EXPECT_TRUE(files.landing.contains("all.zip")) << "stage 1 has not said what became of its records";

  counts(a.file.id, 21);
  run();
  EXPECT_EQ(entry_in(id, 1).state, FileState::kDone);
  EXPECT_EQ(entry(id).state, FileState::kReading);
  counts(b.file.id, 4);
  run();
  EXPECT_EQ(entry(id).state, FileState::kDone);
  EXPECT_EQ(entry(id).rows, 0U);
  EXPECT_TRUE(files.archived.contains("all.zip"));
}

TEST_F(ShardArchiveTest, AFileThatCannotBeReadFailsItsArchiveWhenTheOthersAreRead) {
  const std::string id =
      announce_archive("all.zip", {{"bad.csv", ""}, {"b.csv", own("b", 3)}, {"wrong.csv", "x,y\n1,2\n"}});
  start();
  run();
  EXPECT_EQ(entry_in(id, 1).state, FileState::kFailed);
  EXPECT_EQ(entry_in(id, 3).state, FileState::kFailed);
  EXPECT_TRUE(files.landing.contains("all.zip"));
  counts(entry_in(id, 2).file.id, 4);
  run();
  EXPECT_EQ(entry_in(id, 2).state, FileState::kDone);
  const FileEntry archive = entry(id);
  EXPECT_EQ(archive.state, FileState::kFailed);
  EXPECT_THAT(archive.error, HasSubstr("2 of the 3 files"));
  EXPECT_THAT(archive.error, HasSubstr("bad.csv: The file is empty."));
  EXPECT_THAT(archive.error, HasSubstr("wrong.csv: "));
  EXPECT_EQ(files.reasons["all.zip"], archive.error);
  EXPECT_TRUE(files.rejected.contains("all.zip"));
}

TEST_F(ShardArchiveTest, FilesAreRecognisedByTheirBytesInAnotherArchiveAloneAndInTheSame) {
  files.put("alone.csv", own("a", 5));
  const std::string alone = announce("alone.csv");
  start();
  run();
  counts(alone, 6);
  run();
  const std::string first =
      announce_archive("one.zip", {{"a.csv", own("a", 5)}, {"b.csv", own("b", 5)}, {"again.csv", own("b", 5)}});
  run();
  counts(entry_in(first, 2).file.id, 6);
  run();
  EXPECT_EQ(entry_in(first, 1).state, FileState::kDuplicate);
  EXPECT_EQ(entry_in(first, 1).duplicate_of, alone);
  EXPECT_EQ(entry_in(first, 2).state, FileState::kDone);
  EXPECT_EQ(entry_in(first, 3).state, FileState::kDuplicate);
  EXPECT_EQ(entry_in(first, 3).duplicate_of, entry_in(first, 2).file.id);
  EXPECT_EQ(entry(first).state, FileState::kDone);

  const std::string second = announce_archive("two.zip", {{"x.csv", own("b", 5)}, {"y.csv", own("a", 5)}});
  run();
  EXPECT_EQ(entry_in(second, 1).duplicate_of, entry_in(first, 2).file.id);
  EXPECT_EQ(entry(second).state, FileState::kDuplicate);
  EXPECT_TRUE(files.archived.contains("two.zip"));
  EXPECT_EQ(origins().size(), 12U);
}

TEST_F(ShardArchiveTest, TheSameDeliveryAnnouncedAgainIsKnownUntilItIsSettledAndThenOnlyMoved) {
  files.put("all.zip", "archive");
  const std::string id = announce_archive("all.zip", {{"a.csv", own("a", 5)}});
  start();
  run();
  announce_archive("all.zip", {{"a.csv", own("a", 5)}});  // another instance's place
  run();
  EXPECT_TRUE(files.landing.contains("all.zip"));
  files.moves_fail = true;
  counts(entry_in(id, 1).file.id, 6);
  run();
  EXPECT_EQ(entry(id).state, FileState::kDone);
  files.moves_fail = false;
  announce_archive("all.zip", {{"a.csv", own("a", 5)}});
  run();
  EXPECT_TRUE(files.archived.contains("all.zip"));
  EXPECT_EQ(origins().size(), 6U);
}

TEST_F(ShardArchiveTest, OneThatFailedAndIsPutBackIsTriedAgainAndOnlyWhatFailedIsNew) {
  files.put("all.zip", "archive");
  const auto back = files.landing.at("all.zip");
  const std::string id = announce_archive("all.zip", {{"a.csv", own("a", 5)}, {"b.csv", ""}});
  start();
  run();
  counts(entry_in(id, 1).file.id, 6);
  run();
  ASSERT_TRUE(files.rejected.contains("all.zip"));
  clock.advance(std::chrono::seconds(10));
  files.landing["all.zip"] = back;
  const std::string again = announce_archive("all.zip", {{"a.csv", own("a", 5)}, {"b.csv", own("b", 5)}});
  run();
  counts(entry_in(again, 2).file.id, 6);
  run();
  EXPECT_EQ(entry_in(again, 1).state, FileState::kDuplicate);
  EXPECT_EQ(entry_in(again, 2).state, FileState::kDone);
  EXPECT_EQ(entry(again).state, FileState::kDone);
  EXPECT_TRUE(files.archived.contains("all.zip"));
}

TEST_F(ShardArchiveTest, OneThatFailedAndIsPutBackStaysAcrossARestartUntilItIsSettled) {
  files.put("all.zip", "archive");
  const auto back = files.landing.at("all.zip");
  const std::string first = announce_archive("all.zip", {{"a.csv", own("a", 5)}, {"b.csv", ""}});
  start();
  run();
  counts(entry_in(first, 1).file.id, 6);
  run();
  ASSERT_TRUE(files.rejected.contains("all.zip"));
  clock.advance(std::chrono::seconds(10));
  files.landing["all.zip"] = back;
  files.rejected.clear();
  const std::string again = announce_archive("all.zip", {{"a.csv", own("a", 5)}, {"b.csv", own("b", 5)}});
  run();
  ASSERT_EQ(entry(again).state, FileState::kReading);
  start();  // another instance takes over meanwhile
  run();
  EXPECT_TRUE(files.landing.contains("all.zip"));
  EXPECT_FALSE(files.rejected.contains("all.zip")) << "its first delivery failed, this one has not";
  counts(entry_in(again, 2).file.id, 6);
  run();
  EXPECT_EQ(entry(again).state, FileState::kDone);
  EXPECT_TRUE(files.archived.contains("all.zip"));
}

TEST_F(ShardArchiveTest, WhateverIsInterruptedEveryRowOfEveryFileIsPublishedExactlyOnce) {
  struct Case {
    const char* effect;
    bool after;
  };
  for (const Case c : {Case{"produce", false}, Case{"commit", false}, Case{"commit", true}, Case{"init", false}}) {
    for (int countdown = 0; countdown < 60; countdown += c.effect == std::string("produce") ? 5 : 1) {
      files = MemoryFiles();
      const std::string mark = std::to_string(place);
      const std::string path = std::string(c.effect) + (c.after ? "-after" : "") + std::to_string(countdown) + ".zip";
      SCOPED_TRACE(path);
      faults.effect = c.effect;
      faults.countdown = countdown;
      faults.after_it = c.after;
      const std::string a = own("a" + mark, 20), b = own("b" + mark, 7);
      const std::string id =
          announce_archive(path, {{"a.csv", a}, {"bad.csv", ""}, {"b.csv", b}, {"c.csv", a}});
      run_through_faults();
      counts(entry_in(id, 1).file.id, 21);
      counts(entry_in(id, 3).file.id, 8);
      run_through_faults();
      faults.effect.clear();
      run_through_faults();
      std::multiset<std::string> mine;
      for (const std::string& origin : origins()) {
        if (origin.starts_with(mark + ".")) mine.insert(origin);
      }
      std::multiset<std::string> all = lines_in(entry_in(id, 1), 1, 22);
      all.merge(lines_in(entry_in(id, 3), 3, 9));
      EXPECT_EQ(mine, all);
      EXPECT_EQ(entry_in(id, 1).state, FileState::kDone);
      EXPECT_EQ(entry_in(id, 2).state, FileState::kFailed);
      EXPECT_EQ(entry_in(id, 3).state, FileState::kDone);
      EXPECT_EQ(entry_in(id, 4).state, FileState::kDuplicate);
      EXPECT_EQ(entry(id).state, FileState::kFailed);
      EXPECT_EQ(entry(id).entries_settled, 4U);
      EXPECT_EQ(entry(id).entries_failed, 1U);
      EXPECT_TRUE(files.rejected.contains(path));
      EXPECT_THAT(files.landing, IsEmpty());
    }
  }
}

}  // namespace
}  // namespace sluice::ingest
