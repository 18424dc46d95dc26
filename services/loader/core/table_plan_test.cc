#include "services/loader/core/table_plan.h"

#include <gmock/gmock.h>

#include "common/base/error.h"
#include "services/loader/core/csv_select.h"
#include "services/loader/core/statements.h"
#include "services/loader/core/test_definition.h"

namespace sluice::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TablePlan monthly() { return report_table(testing::visits()->reports[0]); }

// The table as the plan makes it.
std::vector<ExistingColumn> as_made(const TablePlan& plan) {
  std::vector<ExistingColumn> out;
  for (const TableColumn& column : plan.columns) {
    out.push_back({column.name, column.type, column.not_null, column.in_key, false});
  }
  return out;
}

std::string refusal(const TablePlan& plan, const std::vector<ExistingColumn>& existing) {
  try {
    migration(plan, existing);
  } catch (const Unsafe& error) {
    return error.what();
  }
  return "not refused";
}

TEST(TablePlan, AReportsTableHasItsColumnsInOrderThenTheRevision) {
  EXPECT_THAT(
      migration(monthly(), {}),
      ElementsAre("CREATE TABLE \"public\".\"monthly\" (\"place\" text COLLATE \"C\" NOT NULL, "
                  "\"visits\" bigint, \"amount\" numeric, \"month\" text COLLATE \"C\" NOT NULL, "
                  "\"open\" boolean, \"first_day\" date, \"last_at\" timestamp with time zone, "
                  "\"_revision\" bigint NOT NULL, PRIMARY KEY (\"place\", \"month\")) "
                  "WITH (fillfactor = 80)"));
}

TEST(TablePlan, ARecordsTableEndsWithWhereTheRowStood) {
  const TablePlan plan = records_table(*testing::visits());
  EXPECT_THAT(plan.key(), ElementsAre("id", "day"));
  EXPECT_EQ(plan.columns.back().name, "_line");
  EXPECT_EQ(plan.columns.size(), 7u);
}

TEST(TablePlan, AReportWithoutAKeyIsRefused) {
  ReportSpec report = testing::visits()->reports[0];
  for (ReportColumn& column : report.columns) column.in_key = false;
  EXPECT_THROW(report_table(report), Unsafe);
}

TEST(TablePlan, ATableThatIsAsItMustBeStaysAsItIs) {
  EXPECT_THAT(migration(monthly(), as_made(monthly())), IsEmpty());
  EXPECT_THAT(migration(files_table(), as_made(files_table())), IsEmpty());
}

TEST(TablePlan, AMissingMeasureIsAdded) {
  auto existing = as_made(monthly());
  existing.erase(existing.begin() + 2);
  EXPECT_THAT(migration(monthly(), existing),
              ElementsAre("ALTER TABLE \"public\".\"monthly\" ADD COLUMN \"amount\" numeric"));
}

TEST(TablePlan, ABigintThatMustBeNumericIsWidened) {
  auto existing = as_made(monthly());
  existing[2].type = "bigint";
  EXPECT_THAT(
      migration(monthly(), existing),
      ElementsAre("ALTER TABLE \"public\".\"monthly\" ALTER COLUMN \"amount\" TYPE numeric"));
  existing[2].type = "double precision";
  EXPECT_THAT(refusal(monthly(), existing), HasSubstr("must be numeric"));
}

TEST(TablePlan, AColumnThatNobodyFillsMayStay) {
  auto existing = as_made(monthly());
  existing.push_back({"note", "text", false, false, false});
  existing.push_back({"made_at", "date", true, false, true});
  EXPECT_THAT(migration(monthly(), existing), IsEmpty());
}

TEST(TablePlan, WhatCannotBecomeTheTableIsRefusedWithASentence) {
  const auto changed = [](auto change) {
    auto existing = as_made(monthly());
    change(existing);
    return refusal(monthly(), existing);
  };
  EXPECT_THAT(changed([](auto& e) { e[1].type = "text"; }),
              HasSubstr("column 'visits' is text and must be bigint"));
  EXPECT_THAT(changed([](auto& e) { e[3].in_key = false; }),
              HasSubstr("column 'month' must be part of the primary key"));
  EXPECT_THAT(changed([](auto& e) { e[1].in_key = true; }),
              HasSubstr("column 'visits' must not be part of the primary key"));
  EXPECT_THAT(changed([](auto& e) { e[1].not_null = true; }), HasSubstr("must accept nulls"));
  EXPECT_THAT(changed([](auto& e) { e.erase(e.begin()); }), HasSubstr("column 'place' is missing"));
  EXPECT_THAT(changed([](auto& e) { e.pop_back(); }), HasSubstr("column '_revision' is missing"));
  EXPECT_THAT(changed([](auto& e) {
                e.push_back({"note", "text", true, false, false});
              }),
              HasSubstr("'note' is not in the definition"));
}

TEST(Statements, OnlyALaterRevisionReplacesARow) {
  const auto dataset = testing::visits();
  const auto targets = targets_of(dataset, Topics());
  EXPECT_THAT(statements_for(targets[0]).upsert,
              HasSubstr("WHERE (EXCLUDED.\"_revision\") > (t.\"_revision\")"));
  EXPECT_THAT(statements_for(targets[2]).upsert,
              HasSubstr("(COALESCE(EXCLUDED.\"edited\", '-infinity'::timestamp with time zone), "
                        "EXCLUDED.\"_place\", EXCLUDED.\"_entry\", EXCLUDED.\"_line\") > ("));
}

TEST(Statements, ATextArrayKeepsQuotesAndBackslashes) {
  EXPECT_EQ(text_array({R"(["a\"b"])", ""}), R"({"[\"a\\\"b\"]",""})");
}

TEST(Statements, ErrorsOfTheServerAreNoDataErrors) {
  for (const char* state : {"22P02", "22003", "23502", "23505", "54000"}) {
    EXPECT_TRUE(is_data_error(state)) << state;
  }
  for (const char* state : {"40001", "40P01", "53100", "57P01", "42P01", "25006", "55P03"}) {
    EXPECT_FALSE(is_data_error(state)) << state;
  }
}

TEST(CsvSelect, OrdersAsTheSinkSaysThenByKey) {
  const std::string sql = csv_copy(testing::visits()->reports[0], *testing::visits()->reports[0].csv);
  EXPECT_THAT(sql, HasSubstr("ORDER BY t.\"month\" DESC NULLS LAST, t.\"place\" ASC NULLS LAST)"));
  EXPECT_THAT(sql, Not(HasSubstr("_revision")));
}

TEST(CsvSelect, APathThatLeadsOutIsRefused) {
  for (const char* path : {"a.csv", "sub/a.csv", "./sub/../a.csv"}) {
    EXPECT_TRUE(export_path(path)) << path;
  }
  for (const char* path : {"", ".", "..", "../a.csv", "/etc/a.csv", "sub/../../a.csv", "sub/"}) {
    EXPECT_FALSE(export_path(path)) << path;
  }
}

}  // namespace
}  // namespace sluice::loader
