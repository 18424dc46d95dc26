#include "services/ingest/core/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DiscoveryTest : public ::testing::Test {
 protected:
  static Sighting file(std::uint64_t bytes, std::int64_t mtime = 1,
                       FileKind kind = FileKind::kRegular) {
    return {"a.csv", {bytes, mtime, 7}, kind};
  }
  bool look(std::uint64_t bytes, Writer writer = Writer::kNo, std::int64_t mtime = 1) {
    return discovery.look("a.csv", file(bytes, mtime), writer, clock.steady_now());
  }
  std::vector<std::string> due() { return discovery.due(clock.steady_now()); }

  ManualClock clock;
  Discovery discovery;
};

TEST_F(DiscoveryTest, ATemporaryNameIsNeverAFileForUs) {
  for (const char* name :
       {".hidden.csv", "sub/.a.csv", "a.csv.tmp", "a.csv.part", "a.crdownload", "a.csv~"}) {
    EXPECT_TRUE(is_temporary_name(name)) << name;
    discovery.closed(name, clock.steady_now());
    discovery.being_written(name);
  }
  for (const char* name : {"a.csv", "sub/a.csv", ".d/a.csv", "tmp", "a.part.csv"}) {
    EXPECT_FALSE(is_temporary_name(name)) << name;
  }
  clock.advance(milliseconds(10'000));
  EXPECT_THAT(due(), IsEmpty());
}

TEST_F(DiscoveryTest, AClosedFileIsCompleteWhenItHasNotChangedFor50Milliseconds) {
  discovery.closed("a.csv", clock.steady_now());
  ASSERT_THAT(due(), ElementsAre("a.csv"));
  EXPECT_FALSE(look(10));
  EXPECT_THAT(due(), IsEmpty());
  clock.advance(milliseconds(49));
  EXPECT_THAT(due(), IsEmpty());
  clock.advance(milliseconds(1));
  ASSERT_THAT(due(), ElementsAre("a.csv"));
  EXPECT_TRUE(look(10));
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_FALSE(look(10)) << "reported once only";
}

TEST_F(DiscoveryTest, AClosedFileThatChangesAgainStartsToSettleAnew) {
  discovery.closed("a.csv", clock.steady_now());
  EXPECT_FALSE(look(10));
  clock.advance(milliseconds(50));
  EXPECT_FALSE(look(11));
  clock.advance(milliseconds(49));
  EXPECT_FALSE(look(11));
  clock.advance(milliseconds(1));
  EXPECT_FALSE(look(11, Writer::kNo, 2)) << "the time changed, not the size";
  clock.advance(milliseconds(50));
  EXPECT_TRUE(look(11, Writer::kNo, 2));
}

TEST_F(DiscoveryTest, AFileThatWasMovedInIsCompleteAtOnceUnlessSomebodyStillWritesIt) {
  discovery.moved_in("a.csv", clock.steady_now());
  ASSERT_THAT(due(), ElementsAre("a.csv"));
  EXPECT_TRUE(look(10));

  discovery.moved_in("a.csv", clock.steady_now());
  EXPECT_FALSE(look(11, Writer::kYes));
  EXPECT_THAT(due(), IsEmpty());
  discovery.closed("a.csv", clock.steady_now());
  EXPECT_FALSE(look(12));
  clock.advance(milliseconds(50));
  EXPECT_TRUE(look(12)) << "its writer closed it";
}

TEST_F(DiscoveryTest, WhereTheKernelCannotTellAMovedFileSettlesLikeAClosedOne) {
  discovery.moved_in("a.csv", clock.steady_now());
  EXPECT_FALSE(look(10, Writer::kCannotTell));
  clock.advance(milliseconds(50));
  EXPECT_TRUE(look(10, Writer::kCannotTell));
}

TEST_F(DiscoveryTest, AFileThatIsWrittenAndNotClosedIsNotTouchedHoweverLongItRests) {
  discovery.being_written("a.csv");
  clock.advance(milliseconds(3'600'000));
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_EQ(discovery.next_due(), std::nullopt);
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_FALSE(look(10, Writer::kYes)) << "a scan asks, and the kernel says that it is open";
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_FALSE(look(10, Writer::kCannotTell)) << "without the kernel's word only the close counts";
  clock.advance(milliseconds(10'000));
  EXPECT_THAT(due(), IsEmpty());
}

TEST_F(DiscoveryTest, AFileWhoseCloseWasMissedIsCompleteWhenTheKernelSaysNobodyWritesIt) {
  discovery.being_written("a.csv");
  discovery.scanned({file(10)}, clock.steady_now());
  ASSERT_THAT(due(), ElementsAre("a.csv"));
  EXPECT_TRUE(look(10, Writer::kNo));
}

TEST_F(DiscoveryTest, AFoundFileWithoutAWriterIsCompleteAtOnce) {
  discovery.scanned({file(10)}, clock.steady_now());
  ASSERT_THAT(due(), ElementsAre("a.csv"));
  EXPECT_TRUE(look(10, Writer::kNo));
}

TEST_F(DiscoveryTest, AFoundFileWithAWriterWaitsForItsClose) {
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_FALSE(look(10, Writer::kYes));
  EXPECT_THAT(due(), IsEmpty());
  discovery.closed("a.csv", clock.steady_now());
  EXPECT_FALSE(look(12));
  clock.advance(milliseconds(50));
  EXPECT_TRUE(look(12));
}

TEST_F(DiscoveryTest, WhereTheKernelCannotTellAFoundFileMustRestForTwoSeconds) {
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_FALSE(look(10, Writer::kCannotTell));
  clock.advance(milliseconds(1999));
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_FALSE(look(11, Writer::kCannotTell)) << "it grew";
  clock.advance(milliseconds(2000));
  EXPECT_TRUE(look(11, Writer::kCannotTell));
}

TEST_F(DiscoveryTest, WhatIsNotARegularFileIsCompleteAtOnce) {
  for (const FileKind kind : {FileKind::kDirectory, FileKind::kSymlink, FileKind::kOther}) {
    Discovery fresh;
    fresh.scanned({file(0, 1, kind)}, clock.steady_now());
    EXPECT_TRUE(fresh.look("a.csv", file(0, 1, kind), Writer::kCannotTell, clock.steady_now()));
  }
}

TEST_F(DiscoveryTest, AReportedFileIsReportedAgainOnlyWhenItIsAnotherOne) {
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_TRUE(look(10));
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_THAT(due(), IsEmpty());
  discovery.scanned({file(11)}, clock.steady_now());
  ASSERT_THAT(due(), ElementsAre("a.csv"));
  EXPECT_TRUE(look(11));
}

TEST_F(DiscoveryTest, AFileThatWentAndCameBackIsReportedAgain) {
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_TRUE(look(10));
  discovery.scanned({}, clock.steady_now());
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_TRUE(look(10));
}

TEST_F(DiscoveryTest, AFileThatIsGoneBeforeItSettlesIsForgotten) {
  discovery.closed("a.csv", clock.steady_now());
  EXPECT_FALSE(discovery.look("a.csv", std::nullopt, Writer::kCannotTell, clock.steady_now()));
  EXPECT_EQ(discovery.next_due(), std::nullopt);
}

TEST_F(DiscoveryTest, AfterLostEventsTheNextScanDecides) {
  discovery.being_written("a.csv");
  discovery.forget_events();
  EXPECT_THAT(due(), IsEmpty());
  discovery.scanned({file(10)}, clock.steady_now());
  EXPECT_FALSE(look(10, Writer::kCannotTell));
  clock.advance(milliseconds(2000));
  EXPECT_TRUE(look(10, Writer::kCannotTell));
}

}  // namespace
}  // namespace sluice::ingest
