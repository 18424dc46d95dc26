#include "common/rows/csv_splitter.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using ::testing::ElementsAre;

// "line:text", with '!' behind the line for an unclosed quote.
std::vector<std::string> rows_of(std::string_view text, bool at_end = true, CsvFormat format = {}) {
  SplitResult split;
  split_rows(text, at_end, 1, format, 0, split);
  std::vector<std::string> out;
  for (const RawRow& row : split.rows) {
    out.push_back(std::to_string(row.line) + (row.unclosed_quote ? "!" : ":") +
                  std::string(text.substr(row.begin, row.end - row.begin)));
  }
  return out;
}

std::size_t consumed_of(std::string_view text, bool at_end) {
  SplitResult split;
  split_rows(text, at_end, 1, {}, 0, split);
  return split.consumed;
}

TEST(CsvSplitter, EndsRowsAtEveryKindOfLineBreak) {
  EXPECT_THAT(rows_of("a,b\r\nc,d\ne,f\rg,h"), ElementsAre("1:a,b", "2:c,d", "3:e,f", "4:g,h"));
}

TEST(CsvSplitter, EmptyLinesAreNoRowsButAreCounted) {
  EXPECT_THAT(rows_of("a\n\n\r\n\rb\n\n"), ElementsAre("1:a", "5:b"));
  EXPECT_THAT(rows_of(""), ElementsAre());
  EXPECT_THAT(rows_of("\n"), ElementsAre());
}

TEST(CsvSplitter, QuotedCellsHoldLineBreaksDelimitersAndDoubledQuotes) {
  EXPECT_THAT(rows_of("a,\"x\r\ny\nz\",b\n\"1,\"\"2\n\"\"\",c\nd\n"),
              ElementsAre("1:a,\"x\r\ny\nz\",b", "4:\"1,\"\"2\n\"\"\",c", "6:d"));
}

TEST(CsvSplitter, AQuoteInsideACellIsACharacter) {
  EXPECT_THAT(rows_of("5\" pipe,x\nb\n"), ElementsAre("1:5\" pipe,x", "2:b"));
}

TEST(CsvSplitter, TheDelimiterDecidesWhereACellStarts) {
  EXPECT_THAT(rows_of("a;\"x\ny\"\nb\n", true, {';', '"'}), ElementsAre("1:a;\"x\ny\"", "3:b"));
  EXPECT_THAT(rows_of("a|'x\ny'\n", true, {'|', '\''}), ElementsAre("1:a|'x\ny'"));
}

TEST(CsvSplitter, AnUnclosedQuoteAtTheFilesEndCostsOneLine) {
  EXPECT_THAT(rows_of("a,\"b\nc,d\ne,f\n"), ElementsAre("1!a,\"b", "2:c,d", "3:e,f"));
  EXPECT_THAT(rows_of("a\n\"b"), ElementsAre("1:a", "2!\"b"));
  EXPECT_THAT(rows_of("a,\"b\"\""), ElementsAre("1!a,\"b\"\""));
}

TEST(CsvSplitter, AnUnclosedQuoteDoesNotTakeTheQuotedCellsOfLaterLines) {
  // The quote before 90 would close the one before x; but no cell ends there.
  EXPECT_THAT(rows_of("1,\"x,y\r\n2,\"90,04 €\",z\r\n3,a,b\r\n"),
              ElementsAre("1!1,\"x,y", "2:2,\"90,04 €\",z", "3:3,a,b"));
}

TEST(CsvSplitter, TextBehindAClosingQuoteStaysInItsRow) {
  EXPECT_THAT(rows_of("\"a\"b,c\nd\n"), ElementsAre("1:\"a\"b,c", "2:d"));
}

TEST(CsvSplitter, AQuotedRowBeyondTheLimitCostsOneLine) {
  std::string text = "a,\"open\n";
  while (text.size() < kMaxRowBytes + 100) text += "b,c,d,e,f,g,h,i,j,k,l,m\n";
  text += "\",end\n";
  const auto rows = rows_of(text);
  EXPECT_EQ(rows[0], "1!a,\"open");
  EXPECT_EQ(rows[1], "2:b,c,d,e,f,g,h,i,j,k,l,m");
}

TEST(CsvSplitter, ARowOfExactlyTheLimitIsWhole) {
  std::string text = "\"" + std::string(kMaxRowBytes - 3, '\n') + "x\"";
  ASSERT_EQ(text.size(), kMaxRowBytes);
  SplitResult split;
  split_rows(text + "\nb\n", true, 1, {}, 0, split);
  ASSERT_EQ(split.rows.size(), 2U);
  EXPECT_EQ(split.rows[0].end, kMaxRowBytes);
  EXPECT_FALSE(split.rows[0].unclosed_quote);
}

TEST(CsvSplitter, ALongLineWithoutQuotesIsOneRow) {
  const std::string text(kMaxRowBytes + 50, 'x');
  const auto rows = rows_of(text + "\nb\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].size(), text.size() + 2);
  EXPECT_EQ(rows[1], "2:b");
}

TEST(CsvSplitter, WaitsForMoreWhereTheBufferDoesNotDecide) {
  EXPECT_EQ(consumed_of("a\nb", false), 2U);
  EXPECT_EQ(consumed_of("a\r", false), 0U) << "an LF may follow";
  EXPECT_EQ(consumed_of("a\r", true), 2U);
  EXPECT_EQ(consumed_of("\"a\"", false), 0U) << "a second quote may follow";
  EXPECT_EQ(consumed_of("\"a\n", false), 0U);
}

TEST(CsvSplitter, StopsBehindTheRowThatReachesTheWantedBytes) {
  SplitResult split;
  split_rows("aaa\nbbb\nccc\n", true, 7, {}, 5, split);
  EXPECT_EQ(split.rows.size(), 2U);
  EXPECT_EQ(split.consumed, 8U);
  EXPECT_EQ(split.next_line, 9U);
}

TEST(CsvSplitter, FindsTheByteOrderMark) {
  EXPECT_EQ(byte_order_mark("\xef\xbb\xbfid"), 3U);
  EXPECT_EQ(byte_order_mark("id"), 0U);
}

}  // namespace
}  // namespace sluice
