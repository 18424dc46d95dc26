#include "services/transform/core/accumulators.h"

#include <gtest/gtest.h>

#include "services/transform/core/projection.h"
#include "services/transform/core/test_dataset.h"

namespace sluice::transform {
namespace {

class MonthlyMeasures : public ::testing::Test {
 protected:
  std::shared_ptr<Dataset> dataset_ = testing::visits();
  Projection projection_{*dataset_};
  Measures measures_{dataset_->reports[0], dataset_->columns, projection_.place_of()};

  // place, guests, amount, currency, day: the columns that reports use.
  static std::vector<Cell> record(Cell guests, const char* amount) {
    return {std::string_view("p"), guests, *parse_decimal(amount), std::string_view("EUR"), Date{}};
  }
  std::string bytes(const Accumulators& value) const {
    std::string out;
    measures_.encode(value, out);
    return out;
  }
};

TEST_F(MonthlyMeasures, ARecordAddsOneToTheCountAndItsValuesToTheSums) {
  Accumulators sums = measures_.zero();
  measures_.add_record(sums, record(std::int64_t{3}, "1.25"), false);
  measures_.add_record(sums, record(std::int64_t{4}, "0.755"), false);
  EXPECT_EQ(std::get<std::int64_t>(measures_.shown(sums, 0)), 2);
  EXPECT_EQ(to_string(std::get<Decimal>(measures_.shown(sums, 1))), "7");
  EXPECT_EQ(std::get<Decimal>(measures_.shown(sums, 2)), *parse_decimal("2.005"));
}

TEST_F(MonthlyMeasures, ANullCountsButAddsNothingToASum) {
  Accumulators sums = measures_.zero();
  measures_.add_record(sums, record(Cell{}, "1"), false);
  EXPECT_EQ(std::get<std::int64_t>(measures_.shown(sums, 0)), 1);
  EXPECT_EQ(to_string(std::get<Decimal>(measures_.shown(sums, 1))), "0");
}

TEST_F(MonthlyMeasures, WhatIsTakenBackLeavesTheBytesOfTheRest) {
  Accumulators once = measures_.zero();
  measures_.add_record(once, record(std::int64_t{2}, "1.50"), false);
  Accumulators other = once;
  measures_.add_record(other, record(std::int64_t{9}, "0.12345"), false);
  EXPECT_NE(bytes(other), bytes(once));
  measures_.add_record(other, record(std::int64_t{9}, "0.12345"), true);
  EXPECT_EQ(bytes(other), bytes(once));
}

TEST_F(MonthlyMeasures, AValueAndItsNegationAreZero) {
  Accumulators value = measures_.zero();
  EXPECT_TRUE(measures_.is_zero(value));
  measures_.add_record(value, record(std::int64_t{2}, "-1.5"), false);
  EXPECT_FALSE(measures_.is_zero(value));
  measures_.add(value, measures_.negate(value));
  EXPECT_TRUE(measures_.is_zero(value));
}

TEST_F(MonthlyMeasures, BytesAreReadBackAndForeignBytesRefused) {
  Accumulators value = measures_.zero();
  measures_.add_record(value, record(std::int64_t{-7}, "-123456789012345.000000000001"), false);
  const auto back = measures_.decode(bytes(value));
  ASSERT_TRUE(back);
  EXPECT_EQ(bytes(*back), bytes(value));
  EXPECT_FALSE(measures_.decode(bytes(value) + "x"));
  EXPECT_FALSE(measures_.decode(bytes(value).substr(0, bytes(value).size() - 1)));
  EXPECT_FALSE(measures_.decode(""));
}

TEST_F(MonthlyMeasures, IntegersSumBeyondWhatOneOfThemCanHold) {
  Accumulators value = measures_.zero();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 10; ++i) measures_.add_record(value, record(kMost, "1"), false);
  EXPECT_EQ(to_string(std::get<Decimal>(measures_.shown(value, 1))), "92233720368547758070");
  const auto back = measures_.decode(bytes(value));
  ASSERT_TRUE(back);
  EXPECT_EQ(bytes(*back), bytes(value));
  for (int i = 0; i < 9; ++i) measures_.add_record(value, record(kMost, "1"), true);
  Accumulators once = measures_.zero();
  measures_.add_record(once, record(kMost, "1"), false);
  EXPECT_EQ(bytes(value), bytes(once));
}

TEST_F(MonthlyMeasures, ASumThatDoesNotFitStopsWithANamedError) {
  Accumulators value = measures_.zero();
  const std::string most(kMaxDecimalDigits, '9');
  measures_.add_record(value, record(std::int64_t{1}, most.c_str()), false);
  try {
    measures_.add_record(value, record(std::int64_t{1}, "1"), false);
    FAIL() << "a wrong sum was kept";
  } catch (const Unsafe& error) {
    EXPECT_NE(std::string(error.what()).find("monthly.amount"), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::transform
