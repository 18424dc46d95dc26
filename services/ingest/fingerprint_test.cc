#include "services/ingest/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

using ::testing::HasSubstr;

class FingerprintTest : public ::testing::Test {
 protected:
  Fingerprint of(const std::string& content) {
    Text text(content);
    return fingerprint(text, nullptr, [] { return true; });
  }

  struct Text final : FileReader {
    explicit Text(std::string t) : rest(std::move(t)) {}
    Result<std::size_t> read(std::span<char> into) override {
      const std::size_t size = rest.copy(into.data(), into.size(), at);
      at += size;
      return size;
    }
    std::string rest;
    std::size_t at = 0;
  };
};

TEST_F(FingerprintTest, AFileIsKnownByTheSha256OfItsBytes) {
  const Fingerprint print = of("abc");
  EXPECT_EQ(print.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(print.bytes, 3U);
  EXPECT_EQ(print.error, "");
}

TEST_F(FingerprintTest, TheSameBytesHaveTheSameFingerprintWhateverTheBufferBoundaries) {
  std::string large;
  while (large.size() < 3'000'000) large += "0123456789 a row of some length\r\n";
  const Fingerprint print = of(large);
  EXPECT_EQ(print.error, "");
  EXPECT_EQ(print.bytes, large.size());
  EXPECT_EQ(print.sha256, of(large).sha256);
  large[2'000'000] ^= 1;
  EXPECT_NE(print.sha256, of(large).sha256);
}

TEST_F(FingerprintTest, WhatCannotBeATextOfRowsIsRefusedWithASentence) {
  EXPECT_EQ(of("").error, "The file is empty.");
  EXPECT_THAT(of(std::string("PK\0\1", 4)).error, HasSubstr("NUL byte at byte 2"));
  EXPECT_THAT(of("id\n" + std::string(kLongestLine + 1, 'x') + "\n").error,
              HasSubstr("a line longer than"));
  EXPECT_EQ(of("").sha256, "");
}

TEST_F(FingerprintTest, ALineMayBeAsLongAsTheLimit) {
  EXPECT_EQ(of("id\n" + std::string(kLongestLine, 'x') + "\n").error, "");
  EXPECT_THAT(of("id\n" + std::string(kLongestLine + 1, 'x')).error, HasSubstr("longer"));
}

TEST_F(FingerprintTest, ALineEndsAtALoneCarriageReturnToo) {
  std::string old_mac;
  while (old_mac.size() < 2 * kLongestLine) old_mac += "0123456789 a row of some length\r";
  EXPECT_EQ(of(old_mac).error, "");
  EXPECT_THAT(of("id\r" + std::string(kLongestLine + 1, 'x') + "\r").error, HasSubstr("longer"));
}

TEST_F(FingerprintTest, WhatCannotBeReadIsRefusedWithTheReadersWords) {
  struct Broken final : FileReader {
    Result<std::size_t> read(std::span<char>) override { return fail("The disk is on fire."); }
  } broken;
  EXPECT_EQ(fingerprint(broken, nullptr, [] { return true; }).error, "The disk is on fire.");
}

TEST_F(FingerprintTest, ItStopsWhenAsked) {
  Text text("abc");
  EXPECT_TRUE(fingerprint(text, nullptr, [] { return false; }).stopped);
}

}  // namespace
}  // namespace sluice::ingest
