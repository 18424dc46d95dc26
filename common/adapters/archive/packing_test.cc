#include "common/adapters/archive/packing.h"

#include <gmock/gmock.h>

#include "common/adapters/archive/test_packing.h"

namespace sluice::archive {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string text_of_rows(int rows) {
  std::string out;
  for (int i = 0; i < rows; ++i) out += std::to_string(i) + ",some text," + std::to_string(i * 7919) + "\n";
  return out;
}

std::string unpack(const std::string& bytes, const UnpackLimits& limits = {}) {
  const auto reader = unpacked(std::make_unique<TextBytes>(bytes), packing_of(bytes.substr(0, kPackingBytes)), limits);
  return read_all(*reader);
}

struct Compression {
  const char* name;
  int (*filter)(struct archive*);
  Packing packing;
};
void PrintTo(const Compression& kind, std::ostream* out) { *out << kind.name; }

class Unpacked : public ::testing::TestWithParam<Compression> {};

TEST_P(Unpacked, GivesBackWhatWasPacked) {
  for (const std::string& text : {text_of_rows(50'000), std::string("x"), std::string()}) {
    const std::string packed = compressed(GetParam().filter, text);
    EXPECT_EQ(packing_of(packed.substr(0, kPackingBytes)), text.empty() && GetParam().packing == Packing::kBzip2
                                                               ? packing_of(packed)
                                                               : GetParam().packing);
    if (packing_of(packed) != Packing::kNone) {
      EXPECT_EQ(unpack(packed), text);
    }
  }
}

TEST_P(Unpacked, SeveralPackedOneAfterTheOtherAreOneText) {
  const std::string first = text_of_rows(1'000), second = "and more\n";
  EXPECT_EQ(unpack(compressed(GetParam().filter, first) + compressed(GetParam().filter, second)), first + second);
}

TEST_P(Unpacked, SaysThatItIsCutOff) {
  const std::string packed = compressed(GetParam().filter, text_of_rows(50'000));
  for (const std::size_t kept : {packed.size() / 2, packed.size() - 1, packed.size() - 5, std::size_t{20}}) {
    EXPECT_THAT(unpack(packed.substr(0, kept)), StartsWith("error: The file")) << kept;
  }
}

TEST_P(Unpacked, SaysThatItIsDamaged) {
  const std::string packed = compressed(GetParam().filter, text_of_rows(50'000));
  for (const std::size_t at : {packed.size() / 2, packed.size() / 3}) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    EXPECT_THAT(unpack(damaged), StartsWith("error: The file")) << at;
  }
}

TEST_P(Unpacked, RefusesASmallFileThatUnpacksToAHugeOne) {
  const std::string packed = compressed(GetParam().filter, std::string(20'000'000, 'a'));
  EXPECT_THAT(unpack(packed, {1'000'000, 100}), HasSubstr("such files are refused"));
  EXPECT_EQ(unpack(packed, {30'000'000, 100}).size(), 20'000'000U);
}

INSTANTIATE_TEST_SUITE_P(EveryKind, Unpacked,
                         ::testing::Values(Compression{"gzip", archive_write_add_filter_gzip, Packing::kGzip},
                                           Compression{"zstd", archive_write_add_filter_zstd, Packing::kZstd},
                                           Compression{"xz", archive_write_add_filter_xz, Packing::kXz},
                                           Compression{"bzip2", archive_write_add_filter_bzip2, Packing::kBzip2}),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(GzipReader, ChecksTheChecksumAndTheLength) {
  std::string packed = compressed(archive_write_add_filter_gzip, text_of_rows(10));
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);
  EXPECT_THAT(unpack(packed), HasSubstr("incorrect data check"));
}

TEST(GzipReader, PaddingIsFineAndAnythingElseBehindItIsNot) {
  const std::string packed = compressed(archive_write_add_filter_gzip, "text");
  EXPECT_EQ(unpack(packed + std::string(1000, '\0')), "text");
  EXPECT_THAT(unpack(packed + "garbage"), HasSubstr("bytes behind its gzip data"));
}

TEST(PackingOf, TextIsNotPacked) {
  for (const std::string_view text : {"", "a,b\n", "BZhang,1\n", "PK,id\n", "\x1f", "{\"a\":1}"}) {
    EXPECT_EQ(packing_of(text), Packing::kNone) << text;
  }
}

TEST(PrefixedReader, GivesThePrefixAndThenTheRest) {
  for (const std::size_t piece : {1, 2, 3, 7, 100}) {
    PrefixedReader reader("abc", std::make_unique<TextBytes>("defg"));
    EXPECT_EQ(read_all(reader, piece), "abcdefg");
  }
}

}  // namespace
}  // namespace sluice::archive
