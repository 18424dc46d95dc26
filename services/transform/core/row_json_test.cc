#include "services/transform/core/row_json.h"

#include <gtest/gtest.h>

#include "services/transform/core/cell_bytes.h"
#include "services/transform/core/group_key.h"
#include "services/transform/core/projection.h"
#include "services/transform/core/test_dataset.h"

namespace sluice::transform {
namespace {

class RowJsonOf : public ::testing::Test {
 protected:
  std::shared_ptr<Dataset> dataset_ = testing::visits();
  const ReportSpec& report_ = dataset_->reports[0];
  Measures measures_{report_, dataset_->columns, Projection(*dataset_).place_of()};

  static std::string group(std::string_view place, std::string_view month, std::string_view money) {
    std::string out;
    append_cell(out, place);
    append_cell(out, month);
    append_cell(out, money);
    return out;
  }
  static Accumulators values(std::int64_t visits, std::int64_t guests, const char* amount) {
    return {visits, guests, *parse_decimal(amount)};
  }
};

TEST_F(RowJsonOf, ARowHasItsColumnsInOrderAndItsRevision) {
  const Accumulators sums = values(2, 5, "117.50");
  const auto row = write_row(report_, measures_, group("The \"1\"", "2017_01", "EUR"), &sums, 42);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->key, R"(["The \"1\"","2017_01","EUR"])");
  EXPECT_EQ(row->value, R"({"place":"The \"1\"","month":"2017_01","visits":2,"guests":5,)"
                        R"("amount":117.50,"currency":"EUR","_revision":42})");
}

TEST_F(RowJsonOf, ASumOfMoneyHasTheDigitsOfItsCurrencyAndNeverFewerThanItNeeds) {
  const struct {
    const char *amount, *currency, *shown;
  } cases[] = {{"5", "EUR", "5.00"},    {"5.1", "GBP", "5.10"}, {"5.125", "EUR", "5.125"},
               {"5.00", "JPY", "5"},    {"5", "KWD", "5.000"},  {"-0.5", "USD", "-0.50"},
               {"0.000", "EUR", "0.00"}};
  for (const auto& one : cases) {
    const Accumulators sums = values(1, 1, one.amount);
    const auto row = write_row(report_, measures_, group("p", "m", one.currency), &sums, 1);
    ASSERT_TRUE(row);
    EXPECT_NE(row->value.find("\"amount\":" + std::string(one.shown) + ","), std::string::npos)
        << row->value;
  }
}

TEST_F(RowJsonOf, ARowThatIsGoneHasItsKeyOnly) {
  const auto row = write_row(report_, measures_, group("p", "m", "EUR"), nullptr, 1);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->key, R"(["p","m","EUR"])");
  EXPECT_EQ(row->value, "");
}

TEST_F(RowJsonOf, BytesThatAreNoGroupOfTheReportAreRefused) {
  EXPECT_FALSE(write_row(report_, measures_, "junk", nullptr, 1));
  EXPECT_FALSE(read_group(report_, group("p", "m", "EUR") + "x"));
}

TEST(CellBytes, EqualValuesHaveEqualBytesAndAreReadBack) {
  const Cell cells[] = {Cell{},           std::string_view("é\0x", 4), std::int64_t{-5},
                        Decimal{1250, 2}, true,                       false,
                        Date{17197},      Instant{-1}};
  std::string all;
  for (const Cell& cell : cells) append_cell(all, cell);
  ByteReader reader(all);
  for (const Cell& cell : cells) EXPECT_EQ(read_cell(reader), cell);
  EXPECT_TRUE(reader.ok() && reader.at_end());

  std::string a, b;
  append_cell(a, Decimal{125, 1});
  append_cell(b, Decimal{12500, 3});
  EXPECT_EQ(a, b);
}

TEST(CellBytes, AnUnknownTagIsNotReadOn) {
  ByteReader reader("\x63\x01");
  EXPECT_TRUE(is_null(read_cell(reader)));
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace sluice::transform
