#include "common/adapters/archive/archive_reader.h"

#include <gmock/gmock.h>

#include "common/adapters/archive/test_packing.h"

namespace sluice::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Files = std::vector<std::pair<std::string, std::string>>;

// "number path content" of each file, or "number path refused: why"; the last may be "error: why".
std::vector<std::string> entries(const std::string& bytes, const ArchiveLimits& limits = {}, bool read = true) {
  ArchiveReader reader(std::make_unique<TextBytes>(bytes), limits);
  std::vector<std::string> out;
  for (;;) {
    const auto entry = reader.next();
    if (!entry) {
      out.push_back("error: " + entry.error().message);
      return out;
    }
    if (!*entry) {
      for (const std::uint32_t number : reader.links()) out.push_back("link " + std::to_string(number));
      return out;
    }
    out.push_back(std::to_string((*entry)->number) + " " + (*entry)->path);
    if (!(*entry)->refusal.empty()) {
      out.back() += " refused: " + (*entry)->refusal;
    } else if (read) out.back() += " " + read_all(reader);
    if (out.back().find("error:") != std::string::npos) return out;
  }
}

struct Kind {
  const char* name;
  int (*format)(struct archive*);
};
void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class Archive : public ::testing::TestWithParam<Kind> {
 protected:
  std::string packed(const Files& files) { return packed_files(GetParam().format, nullptr, files); }
};

TEST_P(Archive, GivesEveryFileInOrder) {
  const std::string bytes = packed({{"a.csv", "one"}, {"sub/", ""}, {"sub/é.csv", "two"}, {"empty", ""}});
  EXPECT_THAT(entries(bytes), ElementsAre("1 a.csv one", "2 sub/é.csv two", "3 empty "));
  EXPECT_THAT(entries(bytes, {}, false), ElementsAre("1 a.csv", "2 sub/é.csv", "3 empty"));
  EXPECT_TRUE(holds_files(packing_of(bytes.substr(0, kPackingBytes))));
}

TEST_P(Archive, SaysThatItIsCutOff) {
  std::string noise;
  for (int i = 0; i < 20'000; ++i) noise += std::to_string(i * 2'654'435'761U) + "\n";
  const std::string bytes = packed({{"a.csv", noise}, {"b.csv", noise}});
  const std::size_t second = bytes.rfind("b.csv", bytes.size() * 3 / 4);
  for (const std::size_t kept : {bytes.size() / 4, bytes.size() * 3 / 4, second - 30}) {
    EXPECT_THAT(entries(bytes.substr(0, kept)).back(), HasSubstr("error: The archive")) << kept;
  }
}

TEST_P(Archive, RefusesASmallArchiveThatUnpacksToAHugeOne) {
  const std::string bytes = packed({{"a", std::string(10'000'000, 'a')}});
  const auto out = entries(bytes, {{1'000'000, GetParam().format == archive_write_set_format_zip ? 100U : 1U}});
  if (GetParam().format == archive_write_set_format_zip) {
    EXPECT_THAT(out.back(), HasSubstr("such files are refused"));
  } else {
    EXPECT_THAT(out.back(), StartsWith("1 a aaa"));
  }
}

TEST_P(Archive, FilesThatAreNobodysArePassedOverAndHaveNoNumber) {
  const std::string bytes = packed({{"__MACOSX/._a.csv", "junk"}, {"./a.csv", "one"}, {".git/config", "x"},
                                    {"b.csv.part", "half"}, {"sub/.hidden", "x"}, {"sub//b.csv", "two"}});
  EXPECT_THAT(entries(bytes), ElementsAre("1 a.csv one", "2 sub/b.csv two"));
}

TEST_P(Archive, AFileThatMustNotBeReadIsRefusedAndTheOthersAreNot) {
  const std::string bytes = packed({{"../up.csv", "x"}, {"a.csv", "one"}, {"/etc/abs.csv", "x"}, {"b.csv", "two"}});
  EXPECT_THAT(entries(bytes), ElementsAre(HasSubstr("1 ../up.csv refused: The file's path leads out"), "2 a.csv one",
                                          HasSubstr("refused: The file's path in its archive is absolute"),
                                          "4 b.csv two"));
}

TEST_P(Archive, TwoFilesOfOneNameAreTwo) {
  EXPECT_THAT(entries(packed({{"a.csv", "one"}, {"a.csv", "two"}})), ElementsAre("1 a.csv one", "2 a.csv two"));
}

TEST_P(Archive, HasABoundOnItsFilesAndOnAllItsEntries) {
  const std::string bytes = packed({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  EXPECT_THAT(entries(bytes, {{}, 2}), ElementsAre("1 a 1", "2 b 2", HasSubstr("more than 2 files")));
  const std::string folders = packed({{"x/", ""}, {"y/", ""}, {"z/", ""}});
  EXPECT_THAT(entries(folders, {{}, 2, 2}), ElementsAre(HasSubstr("more than 2 entries")));
  EXPECT_THAT(entries(packed({})), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(EveryKind, Archive,
                         ::testing::Values(Kind{"zip", archive_write_set_format_zip},
                                           Kind{"tar", archive_write_set_format_pax_restricted},
                                           Kind{"ustar", archive_write_set_format_ustar}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(ZipArchive, ChecksTheChecksum) {
  std::string bytes = packed_files(archive_write_set_format_zip, nullptr, {{"a.csv", "some text that is not packed"}});
  const std::size_t at = bytes.find("a.csv") + 40;
  bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
  EXPECT_THAT(entries(bytes).back(), HasSubstr("error: "));
}

TEST(ZipArchive, AnEncryptedFileIsRefused) {
  EXPECT_THAT(entries(stored_zip({{"a.csv", "secret", 1}, {"b.csv", "two"}})),
              ElementsAre("1 a.csv refused: The file is encrypted in its archive.", "2 b.csv two"));
}

TEST(ZipArchive, BehindAnEncryptedFileOfUnknownLengthNothingIsFound) {
  const std::string bytes = packed_files(archive_write_set_format_zip, nullptr,
                                         {{"a.csv", "secret"}, {"b.csv", "secret too"}}, "password");
  EXPECT_THAT(entries(bytes), ElementsAre("1 a.csv refused: The file is encrypted in its archive.",
                                          HasSubstr("error: The archive's file a.csv is encrypted")));
}

TEST(ZipArchive, ASizeThatLiesIsDamage) {
  EXPECT_THAT(entries(stored_zip({{"a.csv", "one"}, {"b.csv", "two"}})), ElementsAre("1 a.csv one", "2 b.csv two"));
  const std::string content(5000, 'a');
  for (const std::uint32_t lie : {1U, 4999U, 5001U, 1'000'000U, 0xFFFFFFF0U}) {
    for (const auto& file : {StoredFile{"a.csv", content, 0, lie, 0}, StoredFile{"a.csv", content, 0, 0, lie},
                             StoredFile{"a.csv", content, 0, lie, lie}}) {
      const auto out = entries(stored_zip({file, {"b.csv", "two"}}));
      ASSERT_FALSE(out.empty());
      EXPECT_THAT(out.back(), HasSubstr("error: ")) << lie;
      EXPECT_LE(out.size(), 2U);
    }
  }
}

TEST(ZipArchive, ALinkIsToldAtTheEnd) {
  const Files files = {{"sub/", ""}, {"a.csv", "one"}, {".hidden", "x"}, {"link.csv", std::string(kLinkTo) + "/etc/passwd"},
                       {"b.csv", "two"}, {"other.csv", std::string(kLinkTo) + "a.csv"}};
  const std::string bytes = packed_files(archive_write_set_format_zip, nullptr, files);
  EXPECT_THAT(entries(bytes), ElementsAre("1 a.csv one", "2 link.csv /etc/passwd", "3 b.csv two", "4 other.csv a.csv",
                                          "link 2", "link 4"));
  EXPECT_THAT(entries(bytes, {}, false), ElementsAre("1 a.csv", "2 link.csv", "3 b.csv", "4 other.csv", "link 2", "link 4"));
}

TEST(ZipArchive, ALinkIsToldBehindAnyNumberOfFiles) {
  Files files;
  for (int i = 0; i < 5000; ++i) files.emplace_back("a-file-with-a-name-" + std::to_string(i), "content");
  files[4000].second = std::string(kLinkTo) + "x";
  EXPECT_EQ(entries(packed_files(archive_write_set_format_zip, nullptr, files)).back(), "link 4001")
      << "the directory is longer than what is remembered of the end";
}

TEST(ZipArchive, ADirectoryOfOtherFilesIsDamage) {
  std::string bytes = packed_files(archive_write_set_format_zip, nullptr, {{"a.csv", "one"}, {"b.csv", "two"}});
  bytes[bytes.rfind("PK\1\2") + 3] = 'x';
  EXPECT_THAT(entries(bytes).back(), HasSubstr("its directory lists other files"));
}

TEST(TarArchive, LinksAndDevicesAreNotFollowed) {
  const std::string bytes =
      packed_files(archive_write_set_format_ustar, nullptr,
                   {{"link.csv", std::string(kLinkTo) + "/etc/passwd"}, {"a.csv", "one"}});
  EXPECT_THAT(entries(bytes), ElementsAre(HasSubstr("1 link.csv refused: This is no file but a link"), "2 a.csv one"));
}

TEST(TarArchive, WhatTheBytesReaderThrowsComesThrough) {
  struct Away final : ByteReader {
    Result<std::size_t> read(std::span<char>) override { throw std::runtime_error("away"); }
  };
  ArchiveReader reader(std::make_unique<Away>(), {});
  EXPECT_THROW((void)reader.next(), std::runtime_error);
}

}  // namespace
}  // namespace sluice::archive
