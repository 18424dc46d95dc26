#include "services/ingest/unpacking_source.h"

#include <gmock/gmock.h>

#include "common/adapters/archive/test_packing.h"

namespace sluice::ingest {
namespace {

using archive::compressed;
using archive::read_all;
using ::testing::HasSubstr;

class OneFile final : public FileSource {
 public:
  std::string content;
  int opened = 0;
  std::string asked;
  std::optional<FileIdentity> identity(const Announcement& file) override {
    asked = file.path;
    return std::nullopt;
  }
  Result<std::unique_ptr<FileReader>> open(const Announcement& file, std::uint64_t from) override {
    ++opened;
    asked = file.path;
    return std::make_unique<TextBytes>(content.substr(from));
  }
  Result<bool> archive(const Announcement&) override { return true; }
  Result<bool> reject(const Announcement&, std::string_view) override { return true; }
};

class UnpackingSourceTest : public ::testing::Test {
 protected:
  std::string read(std::uint64_t from) {
    auto reader = source_.open({}, from);
    return reader ? read_all(**reader) : "error: " + reader.error().message;
  }
  // The file of that number in the archive "in/all.zip".
  static Announcement entry(std::uint32_t number, const std::string& path) {
    Announcement archive;
    archive.id = "7-abcabcabcabc";
    archive.path = "in/all.zip";
    archive.name = "all.zip";
    ArchivedFile file;
    file.entry = number;
    file.path = path;
    return announcement_of(archive, file);
  }
  std::string read_entry(std::uint32_t number, const std::string& path, std::uint64_t from = 0) {
    auto reader = source_.open(entry(number, path), from);
    return reader ? read_all(**reader) : "error: " + reader.error().message;
  }
  OneFile files_;
  UnpackingSource source_{files_, {1'000'000, 100}};
};

TEST_F(UnpackingSourceTest, AFileThatIsNotPackedPassesThrough) {
  for (const std::string& text : {std::string(), std::string("a,b\n"), std::string(100'000, 'x')}) {
    files_.content = text;
    EXPECT_EQ(read(0), text);
  }
  EXPECT_EQ(read(99'990), std::string(10, 'x'));
}

TEST_F(UnpackingSourceTest, ACompressedFileIsReadFromAnyByteOfItsContent) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
  files_.content = compressed(archive_write_add_filter_gzip, text);
  EXPECT_EQ(read(0), text);
  EXPECT_EQ(read(300'001), text.substr(300'001));
  files_.content = compressed(archive_write_add_filter_zstd, text);
  EXPECT_EQ(read(1), text.substr(1));
}

TEST_F(UnpackingSourceTest, ADamagedOrExplodingFileIsAnErrorWhereverItIsReadFrom) {
  const std::string packed = compressed(archive_write_add_filter_xz, std::string(5'000'000, 'a'));
  files_.content = packed;
  EXPECT_THAT(read(0), HasSubstr("such files are refused"));
  EXPECT_THAT(read(4'000'000), HasSubstr("such files are refused"));
  files_.content = packed.substr(0, packed.size() / 2);
  EXPECT_THAT(read(0), HasSubstr("error: The file"));
}

TEST_F(UnpackingSourceTest, AFileOfAnArchiveIsReadFromAnyByteOfItsContent) {
  const std::string packed_csv = compressed(archive_write_add_filter_gzip, "compressed");
  for (const auto filter : {archive_write_add_filter_none, archive_write_add_filter_gzip}) {
    files_.content = archive::packed_files(archive_write_set_format_ustar, filter,
                                           {{"a.csv", "first"}, {"sub/b.csv", "second"}, {"c.csv.gz", packed_csv}});
    EXPECT_EQ(read_entry(1, "a.csv"), "first");
    EXPECT_EQ(read_entry(2, "sub/b.csv", 3), "ond");
    EXPECT_EQ(read_entry(3, "c.csv.gz", 4), "ressed");
    EXPECT_EQ(files_.asked, "in/all.zip");
  }
  EXPECT_THAT(read(0), HasSubstr("ustar")) << "an archive itself gives its bytes";
}

TEST_F(UnpackingSourceTest, FilesThatAreReadInTheirOrderTakeOnePassThroughTheirArchive) {
  std::vector<std::pair<std::string, std::string>> all;
  for (int i = 1; i <= 50; ++i) all.emplace_back(std::to_string(i) + ".csv", std::string(1000, 'x') + std::to_string(i));
  files_.content = archive::packed_files(archive_write_set_format_zip, nullptr, all);
  for (std::uint32_t i = 1; i <= 50; i += 3) EXPECT_EQ(read_entry(i, all[i - 1].first), all[i - 1].second);
  EXPECT_EQ(files_.opened, 1);
  EXPECT_EQ(read_entry(2, "2.csv"), all[1].second);
  EXPECT_EQ(files_.opened, 2);
  { auto dropped_halfway = source_.open(entry(10, "10.csv"), 0).value(); }
  EXPECT_EQ(read_entry(11, "11.csv"), all[10].second);
  EXPECT_EQ(files_.opened, 2);
}

TEST_F(UnpackingSourceTest, AnArchiveThatIsAnotherNowIsAnError) {
  files_.content = archive::packed_files(archive_write_set_format_zip, nullptr, {{"a.csv", "first"}});
  EXPECT_THAT(read_entry(2, "b.csv"), HasSubstr("error: The archive changed"));
  EXPECT_THAT(read_entry(1, "b.csv"), HasSubstr("error: The archive changed"));
  files_.content = "no archive at all";
  EXPECT_THAT(read_entry(1, "a.csv"), HasSubstr("error: The archive"));
}

TEST(UnpackingSourceMemory, ArchivesThatNobodyReadsMakeRoomForAFileThatNeedsIt) {
  const std::string text(100'000, 'x');
  const std::string tar = archive::packed_files(archive_write_set_format_ustar, archive_write_add_filter_xz,
                                                {{"a.csv", text}, {"b.csv", text}});
  OneFile files;
  MemoryBudget memory(std::size_t{12} << 20, std::size_t{24} << 20);  // a decoder of xz -6 takes 9 MiB
  UnpackingSource source(files, {.memory = &memory});
  Announcement announced;
  announced.id = "7-abcabcabcabc";
  ArchivedFile first, second;
  first.entry = 1, first.path = "a.csv";
  second.entry = 2, second.path = "b.csv";
  files.content = tar;
  EXPECT_EQ(read_all(*source.open(announcement_of(announced, first), 0).value()), text);
  const std::size_t idle = memory.taken();
  EXPECT_GT(idle, std::size_t{8} << 20) << "the archive's reader stands on the shelf";
  files.content = compressed(archive_write_add_filter_xz, text);
  auto one = source.open({}, 0).value();
  EXPECT_EQ(read_all(*one), text);
  auto two = source.open({}, 0).value();
  EXPECT_EQ(read_all(*two), text) << "the shelf made room";
  EXPECT_EQ(memory.taken(), 2 * idle);
  auto three = source.open({}, 0).value();
  EXPECT_THROW((void)read_all(*three), MemoryBusy) << "what is in use keeps what it has";
  two.reset();
  EXPECT_EQ(read_all(*source.open({}, 0).value()), text);
}

TEST_F(UnpackingSourceTest, WhatIsAskedOfAFileOfAnArchiveIsAskedOfTheArchive) {
  (void)source_.identity(entry(1, "sub/a.csv"));
  EXPECT_EQ(files_.asked, "in/all.zip");
}

}  // namespace
}  // namespace sluice::ingest
