#include "services/ingest/file_moving.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <future>
#include <thread>

#include "services/ingest/file_descriptor.h"
#include "services/ingest/temporary_folder.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

// Another file system than that of temporary files on most machines; where it is the same, what is to be
// seen is the same too.
fs::path elsewhere() {
  return fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
}

// Moves in.csv to the archive, on the same file system and to another one.
class FileMoving : public testing::TestWithParam<bool> {
 protected:
  Result<Moving> move(const FileIdentity& identity) {
    return move_file(from, archive.path("a.csv"), identity, archive.path(".1-a.part"));
  }
  FileIdentity put(const std::string& content) {
    landing.write("in.csv", content);
    return identity_at(from).value();
  }
  // Another file under its name, as its sender would do it.
  void rename_over(const std::string& content) {
    landing.write("new", content);
    fs::rename(landing.path("new"), from);
  }
  void expect_archived(const std::vector<std::string>& names) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(archive.path())) {
      found.push_back(entry.path().filename());
    }
    EXPECT_THAT(found, testing::UnorderedElementsAreArray(names));
  }

  TemporaryFolder landing;
  TemporaryFolder archive{GetParam() ? elsewhere() : fs::temp_directory_path()};
  const std::string from = landing.path("in.csv");
};

TEST_P(FileMoving, TakesTheFileWhole) {
  EXPECT_EQ(move(put("rows")).value(), Moving::kDone);
  EXPECT_EQ(archive.read("a.csv"), "rows");
  EXPECT_FALSE(landing.exists("in.csv"));
  expect_archived({"a.csv"});
}

TEST_P(FileMoving, OverwritesNothing) {
  archive.write("a.csv", "another");
  EXPECT_EQ(move(put("rows")).value(), Moving::kNameTaken);
  EXPECT_EQ(archive.read("a.csv"), "another");
  EXPECT_EQ(landing.read("in.csv"), "rows");
  expect_archived({"a.csv"});
}

TEST_P(FileMoving, LeavesAnotherFileThatHasTheNameNow) {
  const FileIdentity old = put("old");
  rename_over("a new delivery");
  EXPECT_EQ(move(old).value(), Moving::kGone);
  EXPECT_EQ(landing.read("in.csv"), "a new delivery");
  expect_archived({});
  fs::remove(from);
  EXPECT_EQ(move(old).value(), Moving::kGone);
}

TEST_P(FileMoving, OfAFileThatIsReplacedWhileItIsCopiedKeepsBoth) {
  const FileIdentity old = put("old");
  // The copy stops where it opens its part, until we give up the lease on that.
  const auto before = ::signal(SIGIO, SIG_IGN);
  archive.write(".1-a.part", "");
  FileDescriptor lease(::open(archive.path(".1-a.part").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::fcntl(lease.get(), F_SETLEASE, F_RDLCK), 0);
  auto moved = std::async(std::launch::async, [&] { return move(old); });
  const auto is_done = [&] {
    return moved.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
  };
  bool copies = false;
  while (!copies && !is_done()) copies = ::fcntl(lease.get(), F_GETLEASE) != F_RDLCK;
  if (copies) rename_over("a new delivery");
  ::fcntl(lease.get(), F_SETLEASE, F_UNLCK);
  lease.reset();
  EXPECT_EQ(moved.get().value(), Moving::kDone);
  ::signal(SIGIO, before);
  EXPECT_EQ(archive.read("a.csv"), "old");
  if (copies) {
    EXPECT_EQ(landing.read("in.csv"), "a new delivery");
  } else {
    EXPECT_FALSE(landing.exists("in.csv")) << "one file system: there was no copy";
  }
}

INSTANTIATE_TEST_SUITE_P(OnOneFileSystemAndToAnother, FileMoving, testing::Bool());

TEST(RenameByLink, IsARenameThatOverwritesNothing) {
  const TemporaryFolder folder;
  folder.write("a", "rows");
  folder.write("taken", "another");
  EXPECT_EQ(rename_by_link(folder.path("a"), folder.path("taken")), EEXIST);
  EXPECT_EQ(folder.read("taken"), "another");
  EXPECT_EQ(folder.read("a"), "rows");
  EXPECT_EQ(rename_by_link(folder.path("a"), folder.path("b")), 0);
  EXPECT_FALSE(folder.exists("a"));
  EXPECT_EQ(folder.read("b"), "rows");
  EXPECT_EQ(rename_by_link(folder.path("a"), folder.path("c")), ENOENT);
}

TEST(RenameByLink, TakesAFolderToo) {
  const TemporaryFolder folder;
  folder.write("a/inside", "x");
  folder.write("taken", "another");
  EXPECT_EQ(rename_by_link(folder.path("a"), folder.path("taken")), EEXIST);
  EXPECT_EQ(rename_by_link(folder.path("a"), folder.path("b")), 0);
  EXPECT_TRUE(folder.exists("b/inside"));
}

}  // namespace
}  // namespace sluice::ingest
