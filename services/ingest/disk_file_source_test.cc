#include "services/ingest/disk_file_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/base/json_text.h"
#include "services/ingest/few_descriptors.h"
#include "services/ingest/temporary_folder.h"

namespace {
std::vector<std::string>* synced = nullptr;  // while a test wants to know
}

// In place of the system library's.
extern "C" int fsync(int fd) {
  if (synced != nullptr) synced->push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace sluice::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Announcement at(const std::string& path) {
  Announcement out;
  out.path = path;
  return out;
}

class DiskFileSourceTest : public ::testing::Test {
 protected:
  Announcement put(const std::string& path, const std::string& content, const std::string& id) {
    folder.write("in/" + path, content);
    const FileIdentity identity = disk.identity(at(path)).value();
    Announcement out;
    out.id = id;
    out.path = path;
    out.bytes = identity.bytes;
    out.mtime_ns = identity.mtime_ns;
    out.inode = identity.inode;
    return out;
  }
  std::string rest(const std::string& path, std::uint64_t from) {
    std::string bytes(100, '\0');
    bytes.resize(disk.open(at(path), from).value()->read(bytes).value());
    return bytes;
  }

  TemporaryFolder folder;
  DiskFileSource disk{folder.path("in"), folder.path("archive"), folder.path("failed")};
};

TEST_F(DiskFileSourceTest, OfNewFoldersEachIsMadeDurableBeforeAFileIsMovedIntoThem) {
  std::filesystem::create_directories(folder.path("archive"));
  const std::string archive = std::filesystem::canonical(folder.path("archive"));
  const Announcement file = put("2026/01/a.csv", "abc", "1-a"), other = put("b.csv", "abc", "2-b");
  std::vector<std::string> order;
  synced = &order;
  EXPECT_TRUE(disk.archive(file).value());
  EXPECT_THAT(order, ElementsAre(archive + "/2026", archive, archive + "/2026/01", HasSubstr("in/2026/01")));
  order.clear();
  EXPECT_FALSE(disk.archive(file).value()) << "moved already, perhaps by a try that was killed before that";
  EXPECT_THAT(order, ElementsAre(archive + "/2026/01", archive + "/2026", archive, HasSubstr("in/2026/01")));
  order.clear();
  EXPECT_TRUE(disk.archive(other).value());
  EXPECT_THAT(order, ElementsAre(archive, HasSubstr("/in"))) << "no more than it takes";
  synced = nullptr;
}

TEST_F(DiskFileSourceTest, AFileStaysWhereItIsWhileItsNewFolderCannotBeMadeDurable) {
  std::filesystem::create_directories(folder.path("archive"));
  const Announcement file = put("2026/a.csv", "abc", "1-a");
  {
    const FewDescriptors none(0);
    EXPECT_THAT(disk.archive(file).error().message, HasSubstr("/archive durable: Too many open files"));
  }
  EXPECT_EQ(folder.read("in/2026/a.csv"), "abc");
  EXPECT_TRUE(disk.archive(file).value());
  EXPECT_EQ(folder.read("archive/2026/a.csv"), "abc");
}

TEST_F(DiskFileSourceTest, AFileIsReadFromAnyByte) {
  put("a.csv", "0123456789", "1-a");
  EXPECT_EQ(rest("a.csv", 0), "0123456789");
  EXPECT_EQ(rest("a.csv", 7), "789");
  EXPECT_EQ(rest("a.csv", 10), "");
  EXPECT_FALSE(disk.open(at("none.csv"), 0).has_value());
  EXPECT_EQ(disk.identity(at("none.csv")), std::nullopt);
}

TEST_F(DiskFileSourceTest, ALinkAndAFolderAreNotReadAndAFifoDoesNotBlock) {
  put("a.csv", "abc", "1-a");
  std::filesystem::create_symlink(folder.path("in/a.csv"), folder.path("in/link.csv"));
  EXPECT_THAT(disk.open(at("link.csv"), 0).error().message, HasSubstr("cannot be opened"));
  std::filesystem::create_directory(folder.path("in/folder"));
  std::string bytes(1, '\0');
  const auto of_folder = disk.open(at("folder"), 0);
  EXPECT_TRUE(!of_folder || !of_folder.value()->read(bytes));
  ASSERT_EQ(::mkfifo(folder.path("in/fifo").c_str(), 0600), 0);
  EXPECT_FALSE(disk.open(at("fifo"), 0).has_value());
}

TEST_F(DiskFileSourceTest, WhatTheMachineCannotDoNowIsNoFailureOfTheFile) {
  put("a.csv", "abc", "1-a");
  {
    const FewDescriptors none(0);
    EXPECT_THROW(disk.open(at("a.csv"), 0), SourceAway);
  }
  EXPECT_EQ(rest("a.csv", 0), "abc");
  // The first bytes of a process's memory are no memory: an input error.
  DiskFileSource broken("/proc/self", folder.path("archive"), folder.path("failed"));
  const auto reader = broken.open(at("mem"), 0);
  std::string bytes(10, '\0');
  EXPECT_THROW(reader.value()->read(bytes), SourceAway);
}

TEST_F(DiskFileSourceTest, AFileIsTakenAwayOnlyIfThatCanBeTold) {
  folder.write("in/a.csv", "abc");
  EXPECT_EQ(disk.identity(at("a.csv/b.csv")), std::nullopt);
  std::filesystem::create_symlink("loop", folder.path("in/loop"));
  EXPECT_THROW(disk.identity(at("loop/a.csv")), SourceAway);
  EXPECT_THAT(disk.archive(at("loop/a.csv")).error().message, HasSubstr("cannot look at"));
}

TEST_F(DiskFileSourceTest, ArchivingKeepsTheSubPathAndCanBeRepeated) {
  const Announcement file = put("sub/deep/a.csv", "rows", "1-a");
  EXPECT_TRUE(disk.archive(file).value());
  EXPECT_EQ(folder.read("archive/sub/deep/a.csv"), "rows");
  EXPECT_FALSE(folder.exists("in/sub/deep/a.csv"));
  EXPECT_FALSE(disk.archive(file).value());
}

TEST_F(DiskFileSourceTest, ATakenNameGetsTheFilesIdAndNothingIsOverwritten) {
  EXPECT_TRUE(disk.archive(put("a.csv", "first", "1-a")).value());
  EXPECT_TRUE(disk.archive(put("a.csv", "second", "2-b")).value());
  EXPECT_EQ(folder.read("archive/a.csv"), "first");
  EXPECT_EQ(folder.read("archive/a.2-b.csv"), "second");
}

TEST_F(DiskFileSourceTest, TheCopyOfATryThatWasKilledIsReplacedAndNothingElse) {
  folder.write("archive/a.csv", "another");
  folder.write("archive/a.1-a.csv", "ROWS");
  EXPECT_TRUE(disk.archive(put("a.csv", "rows", "1-a")).value());
  EXPECT_EQ(folder.read("archive/a.1-a.csv"), "rows");
  folder.write("archive/a.2-b.csv", "of another size");
  EXPECT_THAT(disk.archive(put("a.csv", "rows", "2-b")).error().message,
              HasSubstr("something else is at"));
  EXPECT_EQ(folder.read("archive/a.csv"), "another");
  EXPECT_EQ(folder.read("archive/a.2-b.csv"), "of another size");
  EXPECT_EQ(folder.read("in/a.csv"), "rows");
}

TEST_F(DiskFileSourceTest, AFailedFileHasItsReasonBesideIt) {
  EXPECT_TRUE(disk.reject(put("sub/a.csv", "x", "1-a"), "It is no good.").value());
  EXPECT_EQ(folder.read("failed/sub/a.csv"), "x");
  EXPECT_EQ(folder.read("failed/sub/a.csv.reason.txt"), "It is no good.\n");
  EXPECT_TRUE(disk.reject(put("sub/a.csv", "y", "2-b"), "Nor is this.").value());
  EXPECT_EQ(folder.read("failed/sub/a.2-b.csv.reason.txt"), "Nor is this.\n");
}

TEST_F(DiskFileSourceTest, ALongNameIsShortenedWhereItsReasonOrItsIdWouldNotFit) {
  // The cut falls into "é", which is kept whole or not at all.
  const std::string name = "bookings_" + std::string(113, 'x') + std::string(60, 'y') + "\u00e9";
  std::string longest = name;
  while (longest.size() + 2 <= 250) longest += "\u00e9";
  longest += ".csv";
  ASSERT_TRUE(disk.reject(put(longest, "x", "17-9f86d081884c"), "It is no good.").value());
  EXPECT_FALSE(folder.exists("in/" + longest));
  int reasons = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("failed"))) {
    const std::string found = entry.path().filename().string();
    EXPECT_TRUE(found.starts_with(name)) << found;
    EXPECT_TRUE(is_valid_utf8(found)) << found;
    EXPECT_NE(found.find(".17-9f86d081884c.csv"), std::string::npos) << found;
    reasons += found.ends_with(".reason.txt") ? 1 : 0;
  }
  EXPECT_EQ(reasons, 1);
  EXPECT_TRUE(disk.archive(put(longest, "y", "18-9f86d081884c")).value());
  EXPECT_EQ(folder.read("archive/" + longest), "y");
  EXPECT_TRUE(disk.archive(put(longest, "z", "19-9f86d081884c")).value());
  EXPECT_FALSE(folder.exists("in/" + longest));
}

TEST_F(DiskFileSourceTest, AFileWhoseFolderHasTheNameOfAnEarlierFileGetsItsIdBesideThatFile) {
  EXPECT_TRUE(disk.archive(put("today", "a file", "1-a")).value());
  EXPECT_FALSE(folder.exists("in/today"));
  EXPECT_TRUE(disk.archive(put("today/deep/a.csv", "rows", "2-b")).value());
  EXPECT_EQ(folder.read("archive/today"), "a file");
  EXPECT_EQ(folder.read("archive/a.2-b.csv"), "rows");
}

TEST_F(DiskFileSourceTest, AnotherFileThatTookThePathIsNotMoved) {
  const Announcement old = put("a.csv", "old", "1-a");
  folder.write("in/a.csv", "a new delivery");
  EXPECT_FALSE(disk.archive(old).value());
  EXPECT_EQ(folder.read("in/a.csv"), "a new delivery");
}

TEST_F(DiskFileSourceTest, AFolderCanBeMovedToTheFailedOnes) {
  folder.write("in/a.csv/inside", "x");
  const FileIdentity identity = disk.identity(at("a.csv")).value();
  Announcement file;
  file.path = "a.csv";
  file.bytes = identity.bytes;
  file.mtime_ns = identity.mtime_ns;
  file.inode = identity.inode;
  EXPECT_TRUE(disk.reject(file, "A folder.").value());
  EXPECT_TRUE(folder.exists("failed/a.csv/inside"));
}

TEST_F(DiskFileSourceTest, AMoveThatCannotBeDoneLeavesTheFileWhereItIs) {
  const Announcement file = put("a.csv", "rows", "1-a");
  folder.write("archive", "a file where the folder should be");
  EXPECT_FALSE(disk.archive(file).has_value());
  EXPECT_EQ(folder.read("in/a.csv"), "rows");
}

TEST_F(DiskFileSourceTest, AMoveThatCannotBeMadeDurableIsTriedAgain) {
  std::filesystem::create_directories(folder.path("archive"));
  const Announcement file = put("a.csv", "rows", "1-a"), deep = put("sub/b.csv", "rows", "2-b");
  {
    const FewDescriptors none(0);
    EXPECT_THAT(disk.archive(file).error().message, HasSubstr("durable: Too many open files"));
    EXPECT_THAT(disk.archive(file).error().message, HasSubstr("durable: Too many open files"))
        << "it has been moved, but perhaps not for good";
  }
  EXPECT_FALSE(disk.archive(file).value());
  EXPECT_EQ(folder.read("archive/a.csv"), "rows");
  EXPECT_TRUE(disk.archive(deep).value());
  std::filesystem::remove(folder.path("in/sub"));
  EXPECT_FALSE(disk.archive(deep).value()) << "nothing is left to be made durable";
}

TEST_F(DiskFileSourceTest, MovingToAnotherFileSystemCopiesWholeAndRemoves) {
  // /dev/shm is another file system than the temporary folder on most machines; the result is the
  // same on those where it is not.
  if (!std::filesystem::is_directory("/dev/shm")) return;
  const std::string other = "/dev/shm/" + std::filesystem::path(folder.path()).filename().string();
  DiskFileSource across{folder.path("in"), other, folder.path("failed")};
  EXPECT_TRUE(across.archive(put("sub/a.csv", "rows", "1-a")).value());
  EXPECT_TRUE(std::filesystem::exists(other + "/sub/a.csv"));
  EXPECT_FALSE(folder.exists("in/sub/a.csv"));
  EXPECT_FALSE(std::filesystem::exists(other + "/sub/.1-a.part"));
  std::filesystem::remove_all(other);
}

}  // namespace
}  // namespace sluice::ingest
