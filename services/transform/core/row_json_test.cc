#include "services/transform/core/row_json.h"

#include <gtest/gtest.h>

#include "services/transform/core/cell_bytes.h"
#include "services/transform/core/test_dataset.h"

namespace sluice::transform {
namespace {

class RowJsonOf : public ::testing::Test {
 protected:
  std::shared_ptr<Dataset> dataset_ = testing::visits();
  const ReportSpec& report_ = dataset_->reports[0];
  Evaluator evaluator_;

  static std::string group(std::string_view place, std::string_view month, std::string_view money) {
    std::string out;
    append_cell(out, place);
    append_cell(out, month);
    append_cell(out, money);
    return out;
  }
  // A row's context: the group's cells and the aggregates.
  static std::vector<Cell> context(std::string_view place, std::string_view currency,
                                   std::int64_t guests, const char* amount) {
    return {place,           std::string_view("2017_01"), currency,
            std::int64_t{2}, Decimal{guests, 0},          *parse_decimal(amount)};
  }
};

TEST_F(RowJsonOf, ARowHasItsColumnsInOrderAndItsRevision) {
  RowJson row = write_row(report_, context("The \"1\"", "EUR", 5, "117.50"), 0, evaluator_);
  append_revision(row.value, 42);
  EXPECT_EQ(row.key, R"(["The \"1\"","2017_01","EUR"])");
  EXPECT_EQ(row.value, R"({"place":"The \"1\"","month":"2017_01","visits":2,"guests":5,)"
                       R"("amount":117.50,"amount_currency":"EUR","_revision":42})");
}

TEST_F(RowJsonOf, ASumOfMoneyHasTheDigitsOfItsCurrencyAndNeverFewerThanItNeeds) {
  const struct {
    const char *amount, *currency, *shown;
  } cases[] = {{"5", "EUR", "5.00"},    {"5.1", "GBP", "5.10"}, {"5.125", "EUR", "5.125"},
               {"5.00", "JPY", "5"},    {"5", "KWD", "5.000"},  {"-0.5", "USD", "-0.50"},
               {"0.000", "EUR", "0.00"}};
  for (const auto& one : cases) {
    const RowJson row = write_row(report_, context("p", one.currency, 1, one.amount), 0, evaluator_);
    EXPECT_NE(row.value.find("\"amount\":" + std::string(one.shown) + ","), std::string::npos)
        << row.value;
  }
}

TEST_F(RowJsonOf, ARowThatIsGoneHasItsKeyOnly) {
  const std::string bytes = group("p", "m", "EUR");
  const auto cells = read_group(report_, bytes);
  ASSERT_TRUE(cells);
  EXPECT_EQ(write_key(report_, *cells, 0), R"(["p","m","EUR"])");
}

TEST_F(RowJsonOf, BytesThatAreNoGroupOfTheReportAreRefused) {
  EXPECT_FALSE(read_group(report_, "junk"));
  EXPECT_FALSE(read_group(report_, group("p", "m", "EUR") + "x"));
}

TEST(CellBytes, EqualValuesHaveEqualBytesAndAreReadBack) {
  const Cell cells[] = {Cell{},           std::string_view("é\0x", 4), std::int64_t{-5},
                        Decimal{1250, 2}, true,                       false,
                        Date{17197},      Instant{-1}};
  std::string all;
  for (const Cell& cell : cells) append_cell(all, cell);
  ByteCursor reader(all);
  for (const Cell& cell : cells) EXPECT_EQ(read_cell(reader), cell);
  EXPECT_TRUE(reader.ok() && reader.at_end());

  std::string a, b;
  append_cell(a, Decimal{125, 1});
  append_cell(b, Decimal{12500, 3});
  EXPECT_EQ(a, b);
}

TEST(CellBytes, AnUnknownTagIsNotReadOn) {
  ByteCursor reader("\x63\x01");
  EXPECT_TRUE(is_null(read_cell(reader)));
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace sluice::transform
