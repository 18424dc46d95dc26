// What becomes of the files of an archive, and of hostile archives.
#include "services/ingest/archive_listing.h"

#include <gmock/gmock.h>

#include "common/adapters/archive/test_packing.h"
#include "services/ingest/core/sha256.h"

namespace sluice::ingest {
namespace {

using archive::compressed;
using archive::kLinkTo;
using archive::packed_files;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Files = std::vector<std::pair<std::string, std::string>>;

std::string sha256_of(const std::string& text) {
  Sha256 hash;
  hash.add(text);
  return hash.hex();
}

std::string zip(const Files& files) { return packed_files(archive_write_set_format_zip, nullptr, files); }
std::string tar(const Files& files) { return packed_files(archive_write_set_format_ustar, nullptr, files); }

class ArchiveListingTest : public ::testing::Test {
 protected:
  ArchiveListing list(const std::string& bytes, const std::string& dataset = "") {
    Announcement file;
    file.path = "in/all.zip";
    file.dataset = dataset;
    const DatasetOf dataset_of = [this](const std::string& name) -> Result<std::string> {
      if (name.starts_with("things")) return "things";
      return fail(taken_by_none);
    };
    const DefinitionOf definition_of = [this](const std::string&) { return definition; };
    const std::function<bool()> keep_going = [this] { return !stopping; };
    return list_archive(std::make_unique<TextBytes>(bytes), file, dataset_of, definition_of, keep_going, limits);
  }
  // "number path dataset: error"
  std::vector<std::string> told(const std::string& bytes, const std::string& dataset = "") {
    const ArchiveListing listing = list(bytes, dataset);
    if (!listing.print.error.empty()) {
      EXPECT_THAT(listing.entries, IsEmpty());
      EXPECT_EQ(listing.print.sha256, "");
      return {"refused: " + listing.print.error};
    }
    std::vector<std::string> out;
    for (const ArchivedFile& f : listing.entries) {
      out.push_back(std::to_string(f.entry) + " " + f.path + " " + f.dataset + ": " + f.error);
      EXPECT_EQ(f.error.empty(), !f.sha256.empty());
    }
    return out;
  }

  std::shared_ptr<const Dataset> definition;
  ListingLimits limits;
  std::string taken_by_none = "No definition takes a file of this name.";
  bool stopping = false;
};

TEST_F(ArchiveListingTest, EachFileIsFingerprintedAndTakenByItsOwnName) {
  for (const std::string& bytes : {zip({{"sub/", ""}, {"sub/things-1.csv", "one"}, {"things-2.csv", "two"}}),
                                   tar({{"sub/", ""}, {"sub/things-1.csv", "one"}, {"things-2.csv", "two"}})}) {
    const ArchiveListing listing = list(bytes);
    EXPECT_EQ(listing.print.error, "");
    EXPECT_EQ(listing.print.sha256, sha256_of(bytes));
    EXPECT_EQ(listing.print.bytes, bytes.size());
    ASSERT_THAT(listing.entries, SizeIs(2));
    const ArchivedFile& first = listing.entries[0];
    EXPECT_EQ(first.entry, 1U);
    EXPECT_EQ(first.path, "sub/things-1.csv");
    EXPECT_EQ(first.dataset, "things");
    EXPECT_EQ(first.sha256, sha256_of("one"));
    EXPECT_EQ(first.bytes, 3U);
    EXPECT_EQ(listing.entries[1].sha256, sha256_of("two"));
  }
}

TEST_F(ArchiveListingTest, ACompressedFileIsKnownByWhatItHolds) {
  const ArchiveListing listing = list(tar({{"things.csv.gz", compressed(archive_write_add_filter_gzip, "one")}}));
  ASSERT_THAT(listing.entries, SizeIs(1));
  EXPECT_EQ(listing.entries[0].sha256, sha256_of("one"));
  EXPECT_EQ(listing.entries[0].bytes, 3U);
}

TEST_F(ArchiveListingTest, AFieldFromThePathMayStandInTheArchivesPathOrInItsOwn) {
  auto dataset = std::make_shared<Dataset>();
  dataset->path_pattern = "day={day}/";
  dataset->path_fields = {"day"};
  definition = dataset;
  const ArchiveListing listing = list(zip({{"day=7/things.csv", "one"}, {"things.csv", "one"}}));
  ASSERT_THAT(listing.entries, SizeIs(2));
  EXPECT_EQ(listing.entries[0].path_values, "7");
  EXPECT_EQ(listing.entries[1].path_values, "");
}

TEST_F(ArchiveListingTest, AnExcelWorkbookIsRefusedAsTheOneFileThatItIs) {
  // In the order in which a library writes them.
  const Files book = {{"docProps/app.xml", "<a/>"}, {"xl/worksheets/sheet1.xml", "<a/>"},
                      {"xl/workbook.xml", "<a/>"}, {"[Content_Types].xml", "<a/>"}};
  EXPECT_THAT(told(zip(book)), ElementsAre("refused: This is an Excel workbook; save the sheet as CSV."));
  EXPECT_THAT(told(zip(book), "things"), ElementsAre(HasSubstr("Excel workbook")));
  EXPECT_THAT(told(zip({{"things.xlsx", zip(book)}, {"things.csv", "a"}})),
              ElementsAre("1 things.xlsx things: This is an Excel workbook; save the sheet as CSV.",
                          "2 things.csv things: "));
}

TEST_F(ArchiveListingTest, ADeclaredDatasetIsThatOfEveryFile) {
  EXPECT_THAT(told(zip({{"x.txt", "1"}, {"things.csv", "2"}}), "thin"),
              ElementsAre("1 x.txt thin: ", "2 things.csv thin: "));
}

TEST_F(ArchiveListingTest, WhatCannotBeReadHasItsReasonAndTheOthersGoOn) {
  const Files files = {{"readme.txt", "hello"}, {"things-1.csv", "one"}, {"../things.csv", "x"},
                       {"/things.csv", "x"}, {"inner.zip", "x"}, {"things-in.csv", tar({{"things.csv", "x"}})},
                       {"things-empty.csv", ""}, {"things-nul.csv", std::string(3, '\0')},
                       {"things-cut.csv", compressed(archive_write_add_filter_gzip, "one").substr(0, 15)},
                       {"things-2.csv", "two"}};
  for (const std::string& bytes : {zip(files), tar(files)}) {
    EXPECT_THAT(told(bytes),
                ElementsAre(HasSubstr("1 readme.txt : No definition takes"), "2 things-1.csv things: ",
                            HasSubstr("leads out"), HasSubstr("absolute"), HasSubstr("archive inside an archive"),
                            HasSubstr("archive inside an archive"), HasSubstr("empty"), HasSubstr("NUL"),
                            HasSubstr("cut off"), "10 things-2.csv things: "));
  }
}

TEST_F(ArchiveListingTest, OddNamesAreToldShortlySoThatTheListFitsIntoItsMessage) {
  Files files;
  for (int i = 0; i < 30; ++i) files.emplace_back(std::string(60'000, '\x01') + std::to_string(i), "x");
  files.emplace_back("things-1.csv", "one");
  const std::string bytes = packed_files(archive_write_set_format_pax, nullptr, files);
  Announcement announced;
  announced.entries = list(bytes).entries;
  ASSERT_THAT(announced.entries, SizeIs(31));
  EXPECT_THAT(announced.entries.front().path, HasSubstr("???"));
  EXPECT_THAT(announced.entries.front().error, HasSubstr("too long"));
  EXPECT_EQ(announced.entries.back().error, "");
  EXPECT_LT(to_json(announced).size(), 100'000U);
}

TEST_F(ArchiveListingTest, AFileThatNoDefinitionTakesIsToldInASentence) {
  taken_by_none = "No definition takes a file of this name. There are: a*.csv (a), b*.csv (b).";
  EXPECT_THAT(told(zip({{"x.csv", "1"}, {"things.csv", "1"}})),
              ElementsAre("1 x.csv : No definition takes a file of this name.", "2 things.csv things: "));
}

TEST_F(ArchiveListingTest, LinksAndEncryptedFilesAreRefusedOneByOne) {
  EXPECT_THAT(told(tar({{"things-l.csv", std::string(kLinkTo) + "/etc/passwd"}, {"things.csv", "one"}})),
              ElementsAre(HasSubstr("1 things-l.csv : This is no file but a link"), "2 things.csv things: "));
  EXPECT_THAT(told(zip({{"sub/", ""}, {"things-l.csv", std::string(kLinkTo) + "/etc/passwd"}, {"things.csv", "one"}})),
              ElementsAre(HasSubstr("1 things-l.csv : This is no file but a link"), "2 things.csv things: "));
  EXPECT_THAT(told(archive::stored_zip({{"things-e.csv", "secret", 1}, {"things.csv", "one"}})),
              ElementsAre(HasSubstr("1 things-e.csv : The file is encrypted"), "2 things.csv things: "));
}

TEST_F(ArchiveListingTest, FilesOfOneNameAndOfOneContentAreEachTheirOwn) {
  EXPECT_THAT(told(zip({{"things.csv", "one"}, {"things.csv", "one"}, {"things.csv", "two"}})),
              ElementsAre("1 things.csv things: ", "2 things.csv things: ", "3 things.csv things: "));
}

TEST_F(ArchiveListingTest, AnArchiveWithoutFilesIsRefused) {
  for (const std::string& bytes : {zip({}), tar({}), tar({{"sub/", ""}, {".hidden", "x"}})}) {
    EXPECT_THAT(told(bytes), ElementsAre("refused: The archive holds no files."));
  }
}

TEST_F(ArchiveListingTest, ADamagedArchiveIsRefusedWholeWhereverItsDamageIs) {
  std::string noise;
  for (int i = 0; i < 20'000; ++i) noise += std::to_string(i * 2'654'435'761U) + "\n";
  const Files files = {{"things-1.csv", noise}, {"things-2.csv", noise}};
  for (const std::string& bytes : {zip(files), tar(files)}) {
    for (const std::size_t kept : {bytes.size() - 700, bytes.size() / 2, bytes.size() / 3}) {
      EXPECT_THAT(told(bytes.substr(0, kept)), ElementsAre(HasSubstr("refused: The archive"))) << kept;
    }
  }
  std::string flipped = zip(files);
  flipped[flipped.size() / 3] = static_cast<char>(flipped[flipped.size() / 3] ^ 1);
  EXPECT_THAT(told(flipped), ElementsAre(HasSubstr("refused: The archive")));
}

TEST_F(ArchiveListingTest, BombsAreRefused) {
  limits.archive.unpack = {1'000'000, 100};
  limits.archive.files = 3;
  EXPECT_THAT(told(zip({{"things.csv", std::string(3'000'000, '\n')}})),
              ElementsAre(HasSubstr("such files are refused")));
  const std::string four = zip({{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}});
  EXPECT_THAT(told(four), ElementsAre(HasSubstr("more than 3 files")));
  limits.archive.files = 10'000;
  limits.listed_bytes = 800;
  EXPECT_THAT(told(four), ElementsAre(HasSubstr("too many files")));
  limits.listed_bytes = std::size_t{4} << 20;
  const std::string bomb = compressed(archive_write_add_filter_gzip, std::string(5'000'000, 'a'));
  EXPECT_THAT(told(tar({{"things.csv.gz", bomb}, {"things.csv", "one"}})),
              ElementsAre(HasSubstr("such files are refused"), "2 things.csv things: "));
}

TEST_F(ArchiveListingTest, ItStopsWhenToldTo) {
  stopping = true;
  EXPECT_TRUE(list(zip({{"things.csv", "one"}})).print.stopped);
}

}  // namespace
}  // namespace sluice::ingest
