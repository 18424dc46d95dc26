#include "samples/orders.h"

#include <gtest/gtest.h>

#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

TEST(OrdersSample, IsTheSameEachTime) {
  EXPECT_EQ(files_of(orders, 1500), files_of(orders, 1500));
}

TEST(OrdersSample, IsAFileForEachMonth) {
  Files files = files_of(orders, 1500);
  ASSERT_EQ(files.size(), 3U);
  EXPECT_GT(count(files["2022_07.csv"], ",2022-07-"), 450);
  EXPECT_GT(count(files["2022_08.csv"], ",2022-08-"), 450);
  EXPECT_GT(count(files["2022_09.csv"], ",2022-09-"), 450);
}

TEST(OrdersSample, HoldsOrdersThatComeAMonthLate) {
  EXPECT_GT(count(files_of(orders, 1500)["2022_09.csv"], ",2022-08-"), 9);
}

TEST(OrdersSample, LastLineHasNoLineBreakAndABlankLineEndsTheOthers) {
  Files files = files_of(orders, 1500);
  EXPECT_TRUE(files["2022_07.csv"].ends_with("\n\n"));
  EXPECT_NE(files["2022_09.csv"].back(), '\n');
}

TEST(OrdersSample, HasAsManyRowsAsAsked) {
  std::size_t rows = 0;
  for (const auto& [name, content] : files_of(orders, 3000)) {
    for (const std::string& line : lines_of(content)) rows += !line.empty() && !line.starts_with("id,");
  }
  EXPECT_EQ(rows, 3000U);
}

}  // namespace
}  // namespace sluice::samples
