// The small parts: partitioning, JSON text, the byte format.
#include <gtest/gtest.h>

#include <limits>

#include "common/base/bytes.h"
#include "common/base/json_text.h"
#include "common/base/partitioning.h"

namespace sluice {
namespace {

TEST(Murmur2, GivesWhatKafkasJavaClientGives) {
  // From org.apache.kafka.common.utils.UtilsTest.testMurmur2.
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
            -58897971);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("abc")), 479470107);
}

TEST(JsonText, EscapesQuotesBackslashesAndControlCharacters) {
  std::string out;
  append_json_string(out, std::string_view("a\"b\\c\n\r\t\x01\x1f\0 é€", 17));
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\\u0000 é€\"");
}

TEST(Bytes, ReadWhatWasWritten) {
  std::string bytes;
  ByteWriter out(bytes);
  out.u8(7);
  out.varint(0);
  out.varint(~std::uint64_t{0});
  out.signed_varint(-1);
  out.signed_varint(std::numeric_limits<std::int64_t>::min());
  out.string("héllo");
  out.decimal(*parse_decimal("-99999999999999999999999999999999999.999"));
  ByteCursor in(bytes);
  EXPECT_EQ(in.u8(), 7);
  EXPECT_EQ(in.varint(), 0U);
  EXPECT_EQ(in.varint(), ~std::uint64_t{0});
  EXPECT_EQ(in.signed_varint(), -1);
  EXPECT_EQ(in.signed_varint(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.string(), "héllo");
  EXPECT_EQ(to_string(in.decimal()), "-99999999999999999999999999999999999.999");
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
}

TEST(JsonText, TakesTheBytesOutThatAreNoUtf8) {
  struct Case {
    std::string_view text, valid;
  };
  for (const Case& c : {Case{"", ""},
                        {"plain", "plain"},
                        {"é€😀", "é€😀"},
                        {"caf\xe9.csv", "caf\uFFFD.csv"},
                        {"\xc0\xaf", "\uFFFD\uFFFD"},
                        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
                        {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
                        {"\xe2\x82", "\uFFFD\uFFFD"},
                        {"\xe2\x82\xac\xe2", "€\uFFFD"}}) {
    EXPECT_EQ(valid_utf8(c.text), c.valid);
    EXPECT_EQ(is_valid_utf8(c.text), c.text == c.valid);
  }
}

TEST(Partitioning, EveryKeyHasAPartitionInRange) {
  for (int partitions : {1, 2, 3, 7, 256}) {
    for (int i = 0; i < 100; ++i) {
      const std::int32_t partition = partition_of(std::to_string(i), partitions);
      EXPECT_GE(partition, 0);
      EXPECT_LT(partition, partitions);
    }
  }
}

TEST(Bytes, ANumberOfTooManyBitsIsMalformed) {
  ByteCursor most("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(most.varint(), ~std::uint64_t{0});
  EXPECT_TRUE(most.ok());
  ByteCursor more("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  more.varint();
  EXPECT_FALSE(more.ok());
  ByteCursor longer("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  longer.varint();
  EXPECT_FALSE(longer.ok());
  ByteCursor scale(std::string_view("\x27\x02", 2));  // 39 places
  scale.decimal();
  EXPECT_FALSE(scale.ok());
  for (const bool too_many : {false, true}) {
    __int128 units = 1;
    for (int i = 0; i < 38; ++i) units *= 10;
    for (const __int128 number : {too_many ? units : units - 1, too_many ? -units : 1 - units}) {
      std::string bytes(1, '\0');
      ByteWriter(bytes).signed_wide(number);
      ByteCursor digits(bytes);
      digits.decimal();
      EXPECT_EQ(digits.ok(), !too_many) << "39 digits, though they fit into 128 bits";
    }
  }
}

TEST(Bytes, AWideNumberThatFitsIn64BitsHasTheBytesOfANarrowOne) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value : {Limits::min(), std::int64_t{-1}, std::int64_t{0},
                                   std::int64_t{300}, Limits::max()}) {
    std::string narrow, wide;
    ByteWriter(narrow).signed_varint(value);
    ByteWriter(wide).signed_wide(value);
    EXPECT_EQ(narrow, wide) << value;
    EXPECT_TRUE(ByteCursor(wide).signed_wide() == value) << value;
  }
}

TEST(Bytes, AShortInputIsNoticedAndNeverReadPastItsEnd) {
  std::string bytes;
  ByteWriter out(bytes);
  out.string("hello");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteCursor in(std::string_view(bytes).substr(0, size));
    in.string();
    EXPECT_FALSE(in.ok()) << size;
    EXPECT_EQ(in.varint(), 0U);
  }
}

}  // namespace
}  // namespace sluice
