#include "samples/baskets.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

TEST(BasketsSample, IsTheSameEachTime) {
  EXPECT_EQ(files_of(baskets, 2000), files_of(baskets, 2000));
}

TEST(BasketsSample, HasAsManyRowsAsAskedAndATenthInPiecesThatComeLater) {
  Files files = files_of(baskets, 2000);
  EXPECT_EQ(lines_of(files["groceries-1.csv"]).size(), 2001U);
  EXPECT_EQ(lines_of(files["groceries-2.csv"]).size(), 201U);
}

TEST(BasketsSample, RepeatsLinesAndQuotesItems) {
  const std::string text = files_of(baskets, 2000)["groceries-1.csv"];
  const auto lines = lines_of(text);
  EXPECT_LT(std::set(lines.begin(), lines.end()).size(), lines.size() - 20);
  EXPECT_GT(count(text, ",\"plum jam, jar\"\n"), 10);
  EXPECT_GT(count(text, ",\"\"\"Zero\"\" cola\"\n"), 5);
}

TEST(BasketsSample, HoldsLinesToRefuse) {
  const std::string text = files_of(baskets, 2000)["groceries-1.csv"];
  EXPECT_GT(count(text, ",eggs,2\n"), 0);
  EXPECT_GT(count(text, "caf\xE9"), 0);
  EXPECT_GT(count(text, "\nB"), 0);
}

TEST(BasketsSample, HoldsVeryLargeBaskets) {
  std::map<std::string, std::set<std::string>> items;
  for (const std::string& line : lines_of(files_of(baskets, 2000)["groceries-1.csv"])) {
    const std::size_t comma = line.find(',');
    if (comma != std::string::npos) items[line.substr(0, comma)].insert(line.substr(comma));
  }
  EXPECT_TRUE(std::ranges::any_of(items, [](const auto& basket) { return basket.second.size() >= 32; }));
}

}  // namespace
}  // namespace sluice::samples
