#include "services/transform/core/aggregates.h"

#include <gtest/gtest.h>

#include "services/transform/core/cell_bytes.h"
#include "services/transform/core/test_dataset.h"

namespace sluice::transform {
namespace {

// Rows are the columns of `visits` as they stand: id, place, guests, amount, currency, day.
class MonthlyAggregates : public ::testing::Test {
 protected:
  std::shared_ptr<Dataset> dataset_ = testing::visits();
  Aggregates aggregates_{"monthly", dataset_->reports[0].families[0], [](std::size_t c) { return c; }};
  Evaluator evaluator_;

  static std::vector<Cell> record(Cell guests, const char* amount) {
    return {std::string_view("id"), std::string_view("p"), guests, *parse_decimal(amount),
            std::string_view("EUR"), Date{}};
  }
  void add(AggregateValues& to, const std::vector<Cell>& row, std::int64_t weight = 1) {
    aggregates_.add_row(to, row, weight, evaluator_);
  }
  std::string bytes(const AggregateValues& value) const {
    std::string out;
    aggregates_.encode_change(value, out);
    return out;
  }
  Decimal sum(const AggregateValues& value, std::size_t at) const {
    return std::get<Decimal>(aggregates_.shown(value, at));
  }
};

TEST_F(MonthlyAggregates, ARowAddsOneToTheCountAndItsValuesToTheSums) {
  AggregateValues sums = aggregates_.zero();
  add(sums, record(std::int64_t{3}, "1.25"));
  add(sums, record(std::int64_t{4}, "0.755"));
  EXPECT_EQ(std::get<std::int64_t>(aggregates_.shown(sums, 0)), 2);
  EXPECT_EQ(sum(sums, 1), (Decimal{7, 0}));
  EXPECT_EQ(sum(sums, 2), *parse_decimal("2.005"));
}

TEST_F(MonthlyAggregates, EqualRowsCountAsOftenAsTheyWeigh) {
  AggregateValues sums = aggregates_.zero();
  add(sums, record(std::int64_t{3}, "1.25"), 4);
  EXPECT_EQ(std::get<std::int64_t>(aggregates_.shown(sums, 0)), 4);
  EXPECT_EQ(sum(sums, 2), (Decimal{5, 0}));
}

TEST_F(MonthlyAggregates, ANullCountsButAddsNothingToASum) {
  AggregateValues sums = aggregates_.zero();
  add(sums, record(Cell{}, "1"));
  EXPECT_EQ(std::get<std::int64_t>(aggregates_.shown(sums, 0)), 1);
  EXPECT_EQ(sum(sums, 1), Decimal{});
}

TEST_F(MonthlyAggregates, WhatIsTakenBackLeavesTheBytesOfTheRest) {
  AggregateValues once = aggregates_.zero();
  add(once, record(std::int64_t{2}, "1.50"));
  AggregateValues other = once;
  add(other, record(std::int64_t{9}, "0.12345"));
  EXPECT_NE(bytes(other), bytes(once));
  add(other, record(std::int64_t{9}, "0.12345"), -1);
  EXPECT_EQ(bytes(other), bytes(once));
}

TEST_F(MonthlyAggregates, BytesAreReadBackAndForeignBytesRefused) {
  AggregateValues value = aggregates_.zero();
  add(value, record(std::int64_t{-7}, "-123456789012345.000000000001"));
  const auto back = aggregates_.decode_change(bytes(value));
  ASSERT_TRUE(back);
  EXPECT_EQ(bytes(*back), bytes(value));
  EXPECT_FALSE(aggregates_.decode_change(bytes(value) + "x"));
  EXPECT_FALSE(aggregates_.decode_change(bytes(value).substr(0, bytes(value).size() - 1)));
  EXPECT_FALSE(aggregates_.decode_change(""));
}

TEST_F(MonthlyAggregates, ASumThatDoesNotFitStopsWithANamedError) {
  AggregateValues value = aggregates_.zero();
  const char* most = "99999999999999999999999999999999999999";
  add(value, record(std::int64_t{1}, most));
  try {
    add(value, record(std::int64_t{1}, most));
    FAIL() << "a wrong sum was kept";
  } catch (const Unsafe& error) {
    EXPECT_NE(std::string(error.what()).find("'monthly'"), std::string::npos);
  }
}

TEST(Aggregates, APercentileIsOfTheNearestRank) {
  const auto dataset = testing::dataset_of(R"yaml(
dataset: things
source: { files: "*.csv" }
format: csv
key: id
fields: { id: { type: string, required: true }, n: { type: integer } }
reports:
  r: { group_by: [id], measures: { half: "percentile(n, 0.5)", most: "percentile(n, 1)" } }
)yaml");
  const Aggregates aggregates("r", dataset->reports[0].families[0], [](std::size_t c) { return c; });
  EXPECT_EQ(aggregates.rank_of(0, 1), 0);
  EXPECT_EQ(aggregates.rank_of(0, 4), 1);
  EXPECT_EQ(aggregates.rank_of(0, 5), 2);
  EXPECT_EQ(aggregates.rank_of(1, 5), 4);
  EXPECT_EQ(aggregates.rank_of(0, 0), 0);
}

}  // namespace
}  // namespace sluice::transform
