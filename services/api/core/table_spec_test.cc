#include "services/api/core/table_spec.h"

#include <gmock/gmock.h>

namespace sluice::api {
namespace {

ExpressionPtr column_of(std::size_t number) {
  auto out = std::make_shared<Expression>();
  out->function = Function::kColumn;
  out->column = number;
  return out;
}

// group_by: [country]; window: month; measures: a count, a sum of money, a number of different values, a ratio of the
// first two, and a total over a coarser grouping.
ReportSpec bookings_report() {
  ReportSpec out;
  out.name = "monthly";
  out.groups = {{"country", ColumnType::kString, 0}, {"currency", ColumnType::kString, 0}, {"month", ColumnType::kString, 0}};
  out.window = WindowSpec{{}, "month", "%Y_%m"};
  out.families.resize(2);
  out.families[0].aggregates.resize(3);
  out.families[0].aggregates[0].kind = AggregateKind::kCount;
  out.families[0].aggregates[1].kind = AggregateKind::kSum;
  out.families[0].aggregates[2].kind = AggregateKind::kDistinct;
  out.families[1].aggregates.resize(1);
  out.families[1].aggregates[0].kind = AggregateKind::kSum;
  out.references = {{0, {}}, {1, {}}};
  const auto aggregate = [](std::size_t n) { return column_of(3 + n); };
  auto ratio = std::make_shared<Expression>();
  ratio->function = Function::kDivide;
  ratio->type = ColumnType::kDecimal;
  ratio->arguments = {aggregate(1), aggregate(0)};
  out.measures = {{"bookings", aggregate(0)}, {"amount", aggregate(1)}, {"guests", aggregate(2)},
                  {"each", ratio}, {"all", aggregate(3)}, {"first_group", column_of(0)}};
  const auto group = [](const char* name, std::size_t index) {
    return ReportColumn{name, ReportColumnKind::kGroup, ColumnType::kString, index, true};
  };
  const auto measure = [](const char* name, std::size_t index) {
    return ReportColumn{name, ReportColumnKind::kMeasure, ColumnType::kDecimal, index};
  };
  out.columns = {group("country", 0), group("month", 2), measure("bookings", 0), measure("amount", 1),
                 group("currency", 1), measure("guests", 2), measure("each", 3), measure("all", 4),
                 measure("first_group", 5)};
  out.columns[3].currency_at = 4;
  return out;
}

const TableColumn& column(const TableSpec& table, std::string_view name) {
  for (const TableColumn& each : table.columns) {
    if (each.name == name) return each;
  }
  ADD_FAILURE() << "no column " << name;
  return table.columns.front();
}

TEST(TableSpec, AReportsColumnTellsWhatItIs) {
  const TableSpec table = table_of(bookings_report());
  EXPECT_EQ(column(table, "country").kind, TableColumn::Kind::kGroup);
  EXPECT_EQ(column(table, "month").kind, TableColumn::Kind::kWindow);
  EXPECT_EQ(column(table, "month").window_unit, "month");
  EXPECT_EQ(column(table, "month").window_pattern, "%Y_%m");
  EXPECT_EQ(column(table, "amount").kind, TableColumn::Kind::kMeasure);
  EXPECT_EQ(column(table, "amount").currency, "currency");
  EXPECT_EQ(column(table, "bookings").currency, "");
}

TEST(TableSpec, OnlyCountsAndSumsOverTheRowsOwnGroupMayBeAddedUp) {
  const TableSpec table = table_of(bookings_report());
  EXPECT_TRUE(column(table, "bookings").sums);
  EXPECT_TRUE(column(table, "amount").sums);
  EXPECT_FALSE(column(table, "guests").sums) << "a guest of two months would count twice";
  EXPECT_FALSE(column(table, "each").sums);
  EXPECT_FALSE(column(table, "all").sums) << "a total stands in each of its rows";
  EXPECT_FALSE(column(table, "first_group").sums);
  EXPECT_FALSE(column(table, "country").sums);
}

TEST(TableSpec, NothingIsAddedUpWhereARecordStandsInSeveralGroups) {
  ReportSpec by_genre = bookings_report();
  by_genre.explode = 0;
  EXPECT_FALSE(column(table_of(by_genre), "bookings").sums);
  ReportSpec pairs = bookings_report();
  pairs.derive = PairsSpec{};
  EXPECT_FALSE(column(table_of(pairs), "bookings").sums);
}

}  // namespace
}  // namespace sluice::api
