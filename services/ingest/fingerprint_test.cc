#include "services/ingest/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "services/ingest/temporary_folder.h"

namespace sluice::ingest {
namespace {

using ::testing::HasSubstr;

class FingerprintTest : public ::testing::Test {
 protected:
  Fingerprint of(const std::string& content) {
    folder.write("file", content);
    return fingerprint(folder.path("file"), [] { return true; });
  }
  TemporaryFolder folder;
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

TEST_F(FingerprintTest, AMissingFileALinkAndAFolderAreRefusedAndAFifoDoesNotBlock) {
  const auto go_on = [] { return true; };
  EXPECT_THAT(fingerprint(folder.path("none"), go_on).error, HasSubstr("No such file"));
  folder.write("file", "abc");
  std::filesystem::create_symlink(folder.path("file"), folder.path("link"));
  EXPECT_THAT(fingerprint(folder.path("link"), go_on).error, HasSubstr("cannot be opened"));
  EXPECT_THAT(fingerprint(folder.path(), go_on).error, HasSubstr("cannot be read"));
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
  EXPECT_NE(fingerprint(folder.path("fifo"), go_on).error, "");
}

TEST_F(FingerprintTest, ItStopsWhenAsked) {
  folder.write("file", "abc");
  EXPECT_TRUE(fingerprint(folder.path("file"), [] { return false; }).stopped);
}

}  // namespace
}  // namespace sluice::ingest
