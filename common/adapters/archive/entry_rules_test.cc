#include "common/adapters/archive/entry_rules.h"

#include <gmock/gmock.h>

namespace sluice::archive {
namespace {

using ::testing::HasSubstr;

TEST(EntryRules, APathIsMadePlain) {
  EXPECT_EQ(plain_entry_path("./sub//./a.csv"), "sub/a.csv");
  EXPECT_EQ(plain_entry_path("./"), "");
  EXPECT_EQ(plain_entry_path("/abs/a"), "/abs/a");
  EXPECT_EQ(plain_entry_path("a/../b"), "a/../b");
}

TEST(EntryRules, HiddenAndTemporaryFilesArePassedOverWhereverTheyLie) {
  for (const char* path : {".hidden", "sub/.DS_Store", ".git/config", "__MACOSX/a.csv", "a.csv.part", "sub/a.tmp"}) {
    EXPECT_TRUE(is_passed_over(path)) << path;
  }
  for (const char* path : {"a.csv", "sub/a.csv", "../a.csv", "/etc/a.csv", "a.b/c"}) {
    EXPECT_FALSE(is_passed_over(path)) << path;
  }
}

TEST(EntryRules, APathThatLeadsOutOfItsArchiveIsRefused) {
  for (const char* path : {"../a.csv", "sub/../../a.csv", "a/..", "..\\a.csv", "sub\\..\\a.csv"}) {
    EXPECT_THAT(why_path_is_refused(path), HasSubstr("leads out")) << path;
  }
  for (const char* path : {"/a.csv", "\\server\\a.csv", "C:\\a.csv", "c:a.csv"}) {
    EXPECT_THAT(why_path_is_refused(path), HasSubstr("absolute")) << path;
  }
  for (const char* path : {"a.csv", "sub/a..b.csv", "..a/b", "sub/é.csv"}) {
    EXPECT_EQ(why_path_is_refused(path), "") << path;
  }
}

TEST(EntryRules, ANameThatNobodyCouldReadIsRefused) {
  EXPECT_THAT(why_path_is_refused("a\n.csv"), HasSubstr("printable"));
  EXPECT_THAT(why_path_is_refused("\xff.csv"), HasSubstr("UTF-8"));
  EXPECT_THAT(why_path_is_refused(std::string(2000, 'a')), HasSubstr("too long"));
}

TEST(EntryRules, AnArchiveIsToldByItsName) {
  for (const char* name : {"a.zip", "a.tar", "a.tgz", "sub/a.tar.gz", "a.csv.tar.zst"}) {
    EXPECT_TRUE(is_archive_name(name)) << name;
  }
  for (const char* name : {"a.csv", "a.csv.gz", "zip", "a.xlsx"}) {
    EXPECT_FALSE(is_archive_name(name)) << name;
  }
}

}  // namespace
}  // namespace sluice::archive
