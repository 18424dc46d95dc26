#include "common/adapters/archive/archive_reader.h"

#include <gmock/gmock.h>

#include "common/adapters/archive/test_packing.h"

namespace sluice::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Files = std::vector<std::pair<std::string, std::string>>;

// "index path content" of each file; the last may be "error: why".
std::vector<std::string> entries(const std::string& bytes, const UnpackLimits& limits = {}, bool read = true) {
  ArchiveReader reader(std::make_unique<TextBytes>(bytes), limits);
  std::vector<std::string> out;
  for (;;) {
    const auto entry = reader.next();
    if (!entry) {
      out.push_back("error: " + entry.error().message);
      return out;
    }
    if (!*entry) return out;
    out.push_back(std::to_string((*entry)->index) + " " + (*entry)->path);
    if (read) out.back() += " " + read_all(reader);
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
  EXPECT_THAT(entries(bytes), ElementsAre("0 a.csv one", "1 sub/é.csv two", "2 empty "));
  EXPECT_THAT(entries(bytes, {}, false), ElementsAre("0 a.csv", "1 sub/é.csv", "2 empty"));
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
  const auto out = entries(bytes, {1'000'000, GetParam().format == archive_write_set_format_zip ? 100U : 0U + 1});
  if (GetParam().format == archive_write_set_format_zip) {
    EXPECT_THAT(out.back(), HasSubstr("such files are refused"));
  } else {
    EXPECT_THAT(out.back(), StartsWith("0 a aaa"));
  }
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

TEST(ZipArchive, RefusesEncryptedFiles) {
  const std::string bytes =
      packed_files(archive_write_set_format_zip, nullptr, {{"a.csv", "secret"}}, "password");
  EXPECT_THAT(entries(bytes), ElementsAre(HasSubstr("a.csv is encrypted")));
}

}  // namespace
}  // namespace sluice::archive
