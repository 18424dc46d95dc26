#include "samples/making.h"

#include <gtest/gtest.h>

namespace sluice::samples {
namespace {

TEST(Making, RandomValuesAreSettledBySeedAndNumber) {
  Random one(7, 12), same(7, 12), other(7, 13);
  const std::size_t value = one.below(1'000'000);
  EXPECT_EQ(value, same.below(1'000'000));
  EXPECT_NE(value, other.below(1'000'000));
  // For good: another value would be another file than the one somebody has in an archive.
  EXPECT_EQ(value, 743269U);
}

TEST(Making, RowThatIsNotNewSpeaksOfAnEarlierNewOne) {
  for (std::size_t row = 0; row < 5000; ++row) {
    if (kind_of(row) == Kind::kNew) continue;
    EXPECT_LT(earlier(row), row);
    EXPECT_EQ(kind_of(earlier(row)), Kind::kNew) << row;
  }
}

TEST(Making, CellIsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"a\"\n"), "\"say \"\"a\"\"\n\"");
}

TEST(Making, DecimalHasAsFewDigitsAsItTakes) {
  EXPECT_EQ(short_decimal(3914), "39.14");
  EXPECT_EQ(short_decimal(250), "2.5");
  EXPECT_EQ(short_decimal(500), "5.0");
}

TEST(Making, ShortestDecimalHasNoDigitThatIsNotNeeded) {
  EXPECT_EQ(shortest_decimal(305, 4), "0.0305");
  EXPECT_EQ(shortest_decimal(1200, 2), "12");
  EXPECT_EQ(shortest_decimal(-550, 2), "-5.5");
  EXPECT_EQ(shortest_decimal(0, 2), "0");
}

TEST(Making, TimeIsPrintedWithoutItsZone) {
  EXPECT_EQ(time_text(seconds_after("2022-07-01T00:00:00Z", 19 * 60 + 5)), "2022-07-01 00:19:05");
}

}  // namespace
}  // namespace sluice::samples
