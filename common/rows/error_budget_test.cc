#include "common/rows/error_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using ::testing::HasSubstr;

ErrorTally tally_of(int rows, int bad) {
  ErrorTally out;
  out.rows_read(static_cast<std::uint64_t>(rows));
  for (int i = 0; i < bad; ++i) out.rejected("type.date", "day");
  return out;
}

ErrorBudget budget_of(std::optional<std::uint64_t> rows, const char* share) {
  ErrorBudget out;
  out.max_rows = rows;
  if (share != nullptr) out.max_share = parse_decimal(share);
  return out;
}

TEST(ErrorBudget, OfRowsIsKeptUpToItsLastRow) {
  EXPECT_FALSE(tally_of(1000, 100).over(budget_of(100, nullptr)));
  EXPECT_TRUE(tally_of(1000, 101).over(budget_of(100, nullptr)));
  EXPECT_FALSE(tally_of(1000, 0).over(budget_of(0, nullptr)));
  EXPECT_TRUE(tally_of(1000, 1).over(budget_of(0, nullptr)));
}

TEST(ErrorBudget, OfAShareIsExact) {
  EXPECT_FALSE(tally_of(1000, 50).over(budget_of({}, "0.05")));
  EXPECT_TRUE(tally_of(1000, 51).over(budget_of({}, "0.05")));
  EXPECT_TRUE(tally_of(19, 1).over(budget_of({}, "0.05")));
  EXPECT_FALSE(tally_of(20, 1).over(budget_of({}, "0.05")));
  EXPECT_FALSE(tally_of(0, 0).over(budget_of({}, "0")));
  EXPECT_FALSE(tally_of(7, 7).over(budget_of({}, "1")));
}

TEST(ErrorBudget, WithBothIsOverWhenEitherIs) {
  EXPECT_TRUE(tally_of(100'000, 101).over(budget_of(100, "0.05")));
  EXPECT_TRUE(tally_of(10, 5).over(budget_of(100, "0.05")));
  EXPECT_FALSE(tally_of(100'000, 100).over(budget_of(100, "0.05")));
  EXPECT_FALSE(tally_of(100, 100).over({})) << "none";
}

TEST(ErrorBudget, TellsHowManyOfHowManyAndTheMostFrequentReasons) {
  ErrorTally tally;
  tally.rows_read(50);
  for (int i = 0; i < 2; ++i) tally.rejected("columns", "");
  for (int i = 0; i < 7; ++i) tally.rejected("type.date", "day");
  for (int i = 0; i < 3; ++i) tally.rejected("type.money", "price");
  tally.rejected("required", "id");
  EXPECT_EQ(tally.over(budget_of(12, nullptr)).value(),
            "13 of its 50 rows cannot become records, and the definition allows 12 (errors.max_rows): type.date in 7 rows "
            "(day), type.money in 3 rows (price), columns in 2 rows and 1 more reasons. None of its rows was counted. Mend "
            "the file or the definition, and drop it again.");
  EXPECT_THAT(tally.over(budget_of({}, "0.1")).value(), HasSubstr("allows a share of 0.1 (errors.max_share)"));
}

}  // namespace
}  // namespace sluice
