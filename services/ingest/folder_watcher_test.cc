#include "services/ingest/folder_watcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <condition_variable>
#include <mutex>

#include "services/ingest/temporary_folder.h"

namespace sluice::ingest {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

class FolderWatcherTest : public ::testing::Test {
 protected:
  void start(milliseconds scan_every = std::chrono::hours(1)) {
    WatcherSettings settings;
    settings.folder = folder.path();
    settings.scan_every = scan_every;
    settings.discovery.settle = milliseconds(20);
    settings.discovery.settle_unknown = milliseconds(40);
    settings.refuses_folder = [](const std::string& name) { return name == "folder.csv"; };
    watcher = std::make_unique<FolderWatcher>(settings, clock,
                                              [this](const std::vector<Sighting>& files) {
                                                const std::lock_guard lock(mutex);
                                                for (const Sighting& file : files)
                                                  found.push_back(file.path);
                                                changed.notify_all();
                                              });
    watcher->start();
  }
  // Waits until so many files have been found, and returns them.
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(20), [&] { return found.size() >= count; });
    return found;
  }
  // A file that the watcher has settled after all that happened before, so that what it has not
  // reported by then it did not report.
  std::vector<std::string> everything_up_to(const std::string& marker) {
    folder.write(marker, "marker\n");
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(20),
                     [&] { return std::ranges::count(found, marker) > 0; });
    return found;
  }

  SystemClock clock;
  TemporaryFolder folder;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> found;
  std::unique_ptr<FolderWatcher> watcher;
};

TEST_F(FolderWatcherTest, WhatWasThereBeforeIsFoundAtOnceInOrderOfTimeAndName) {
  for (const char* name : {"b.csv", "a.csv", "sub/c.csv"}) folder.write(name, "x\n");
  for (const char* name : {"b.csv", "a.csv"}) {
    const timespec times[2] = {{100, 0}, {100, 0}};
    ::utimensat(AT_FDCWD, folder.path(name).c_str(), times, 0);
  }
  start();
  EXPECT_THAT(wait_for(3), ElementsAre("a.csv", "b.csv", "sub/c.csv"));
}

TEST_F(FolderWatcherTest, AFileIsFoundWhenItsWriterClosesItAndNotBefore) {
  start();
  wait_for(0);
  std::ofstream open(folder.path("slow.csv"));
  open << "half" << std::flush;
  EXPECT_THAT(everything_up_to("first-marker"), ElementsAre("first-marker"));
  open << " and half" << std::flush;
  open.close();
  EXPECT_THAT(wait_for(2), ElementsAre("first-marker", "slow.csv"));
}

TEST_F(FolderWatcherTest, AFileThatIsMovedInIsFound) {
  start();
  TemporaryFolder elsewhere;
  elsewhere.write("a.csv", "x\n");
  std::error_code moved;
  std::filesystem::rename(elsewhere.path("a.csv"), folder.path("a.csv"), moved);
  ASSERT_FALSE(moved);
  EXPECT_THAT(wait_for(1), ElementsAre("a.csv"));
}

TEST_F(FolderWatcherTest, AFileInANewFolderIsFound) {
  start();
  folder.write("new/deeper/a.csv", "x\n");
  EXPECT_THAT(wait_for(1), ElementsAre("new/deeper/a.csv"));
}

TEST_F(FolderWatcherTest, AScanAsksWhetherAFileIsBeingWritten) {
  std::ofstream open(folder.path("slow.csv"));
  open << "half" << std::flush;
  const Writer while_open = writer_of(folder.path("slow.csv"));
  EXPECT_NE(while_open, Writer::kNo);
  open.close();
  EXPECT_NE(writer_of(folder.path("slow.csv")), Writer::kYes);
  EXPECT_EQ(writer_of(folder.path("none")), Writer::kCannotTell);
}

TEST_F(FolderWatcherTest, TemporaryNamesAreIgnoredAndTheirRenameIsSeen) {
  start();
  folder.write("a.csv.part", "x\n");
  folder.write(".b.csv", "x\n");
  EXPECT_THAT(everything_up_to("marker"), ElementsAre("marker"));
  std::filesystem::rename(folder.path("a.csv.part"), folder.path("a.csv"));
  EXPECT_THAT(wait_for(2), ElementsAre("marker", "a.csv"));
}

TEST_F(FolderWatcherTest, AFolderWithADataFilesNameALinkAndAFifoAreReportedToBeRefused) {
  folder.write("folder.csv/inside", "x\n");
  std::filesystem::create_symlink(folder.path(), folder.path("link"));
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
  start();
  auto all = wait_for(3);
  std::ranges::sort(all);
  EXPECT_THAT(all, ElementsAre("fifo", "folder.csv", "link"));
}

TEST_F(FolderWatcherTest, AFileWhoseEventsWereNotSeenIsFoundByTheNextScan) {
  start(milliseconds(50));
  // A hard link makes no close event.
  TemporaryFolder elsewhere;
  elsewhere.write("a.csv", "x\n");
  std::filesystem::create_hard_link(elsewhere.path("a.csv"), folder.path("a.csv"));
  if (writer_of(folder.path("a.csv")) != Writer::kNo) return;  // a file system without leases
  EXPECT_THAT(wait_for(1), ElementsAre("a.csv"));
}

}  // namespace
}  // namespace sluice::ingest
