#include "services/api/core/table_query.h"

#include <gmock/gmock.h>

#include "services/api/core/cursor.h"

namespace sluice::api {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using Query = std::vector<std::pair<std::string, std::string>>;

TableSpec report() {
  return {"public",
          "monthly",
          {{"country", ColumnType::kString, true},
           {"month", ColumnType::kString, true},
           {"bookings", ColumnType::kInteger, false},
           {"amount", ColumnType::kDecimal, false},
           {"last", ColumnType::kTimestamp, false}},
          {}};
}

const TableSpec kReport = report();
const std::string kSelect =
    "SELECT \"country\", \"month\", \"bookings\", \"amount\", \"last\" FROM \"public\".\"monthly\"";

Statement sql_of(const Query& query) {
  const auto parsed = parse_table_query(kReport, query);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? select_page(kReport, *parsed) : Statement{};
}

std::string error_of(const Query& query) {
  const auto parsed = parse_table_query(kReport, query);
  EXPECT_FALSE(parsed);
  return parsed ? "" : parsed.error().message;
}

TEST(TableQuery, AnEmptyQueryIsTheFirstPageInTheOrderOfTheKey) {
  const Statement statement = sql_of({});
  EXPECT_THAT(
      statement.sql,
      HasSubstr("(" + kSelect +
                " ORDER BY \"country\" COLLATE \"C\", \"month\" COLLATE \"C\" LIMIT $1::bigint) AS page"));
  EXPECT_THAT(statement.parameters, ElementsAre(Optional(std::string("101"))));
}

TEST(TableQuery, EveryComparisonBecomesSqlWithAParameter) {
  struct Case {
    const char* name;
    const char* value;
    const char* sql;
  };
  const Case cases[] = {
      {"country", "France", "\"country\" = $1::text"},
      {"country[eq]", "France", "\"country\" = $1::text"},
      {"country[ne]", "France", "\"country\" IS DISTINCT FROM $1::text"},
      {"month[gte]", "2017_01", "\"month\" COLLATE \"C\" >= $1::text"},
      {"month[lt]", "2017_01", "\"month\" COLLATE \"C\" < $1::text"},
      {"bookings[gt]", "-5", "\"bookings\" > $1::bigint"},
      {"amount[lte]", "12.50", "\"amount\" <= $1::numeric"},
      {"last[gt]", "2017-01-31T10:00:00Z", "\"last\" > $1::timestamptz"},
      {"bookings[in]", "1,2,3", "\"bookings\" IN ($1::bigint, $2::bigint, $3::bigint)"},
      {"country[prefix]", "Fr%_", "starts_with(\"country\", $1::text)"},
      {"amount[null]", "true", "\"amount\" IS NULL"},
      {"amount[null]", "false", "\"amount\" IS NOT NULL"},
  };
  for (const Case& each : cases) {
    EXPECT_THAT(sql_of({{each.name, each.value}}).sql,
                HasSubstr(std::string(" WHERE ") + each.sql + " ORDER BY"))
        << each.name;
  }
}

TEST(TableQuery, AValueOfAListMayHoldACommaBehindABackslash) {
  EXPECT_THAT(sql_of({{"country[in]", "Korea\\, South,Chad"}}).parameters,
              ElementsAre(Optional(std::string("Korea, South")), Optional(std::string("Chad")), testing::_));
  EXPECT_THAT(sql_of({{"country[in]", "a\\\\,b\\\\\\,c,"}}).parameters,
              ElementsAre(Optional(std::string("a\\")), Optional(std::string("b\\,c")), Optional(std::string()),
                          testing::_));
  EXPECT_THAT(sql_of({{"country", "a\\, b"}}).parameters, ElementsAre(Optional(std::string("a\\, b")), testing::_))
      << "one value is taken as it stands";
  for (const char* text : {"a\\b", "a\\", "\\"}) {
    EXPECT_THAT(error_of({{"country[in]", text}}), AllOf(HasSubstr("country[in]"), HasSubstr("backslash"))) << text;
  }
}

TEST(TableQuery, APageIsBoundedByTheBytesOfItsTexts) {
  const std::string order = " ORDER BY \"country\" COLLATE \"C\", \"month\" COLLATE \"C\"";
  const std::string size = "coalesce(octet_length(\"country\"), 0) + coalesce(octet_length(\"month\"), 0)";
  const std::string names = "\"country\", \"month\", \"bookings\", \"amount\", \"last\"";
  EXPECT_EQ(sql_of({}).sql, "SELECT " + names + ", \"_rows\" FROM (SELECT " + names +
                                ", count(*) OVER () AS \"_rows\", sum((" + size + ")::bigint) OVER (" + order +
                                " ROWS UNBOUNDED PRECEDING) - (" + size + ") AS \"_before\" FROM (" + kSelect +
                                order + " LIMIT $1::bigint) AS page) AS page WHERE \"_before\" < 16777216" + order);
}

TEST(TableQuery, AColumnWithFewValuesTakesNoOther) {
  const auto error = [](const TableSpec& table, const char* name, const char* value) {
    const auto query = parse_table_query(table, {{name, value}});
    return query ? "" : query.error().message;
  };
  const std::string states = "There are found, waiting, reading, done, duplicate, failed.";
  for (const char* name : {"state", "state[ne]", "state[in]"}) {
    EXPECT_EQ(error(files_table(), name, "Done"), "There is no state 'Done'. " + states) << name;
    EXPECT_EQ(error(files_table(), name, "done"), "") << name;
  }
  EXPECT_THAT(error(files_table(), "state[in]", "done,fail"), HasSubstr("no state 'fail'"));
  EXPECT_EQ(error(files_table(), "state[in]", "done,failed"), "");
  EXPECT_EQ(error(files_table(), "state[prefix]", "fa"), "");
  EXPECT_EQ(error(files_table(), "state[null]", "true"), "");
  EXPECT_THAT(error(exports_table(), "state", "found"), HasSubstr("There are queued, running, done, failed."));
  EXPECT_THAT(error(exports_table(), "trigger", "cron"), HasSubstr("There are request, schedule."));
}

TEST(TableQuery, NothingIsOrderedByWholeRowsForNoCursorCouldHoldOne) {
  const auto query = parse_table_query(dead_letters_table(), {{"order", "-row"}});
  ASSERT_FALSE(query);
  EXPECT_EQ(query.error().message, "Rows cannot be ordered by 'row'.");
  EXPECT_TRUE(parse_table_query(dead_letters_table(), {{"order", "-line"}, {"row[prefix]", "a"}}));
}

TEST(TableQuery, SeveralFiltersMustAllHold) {
  const Statement statement = sql_of({{"month[gte]", "2017_01"}, {"month[lt]", "2018_01"}});
  EXPECT_THAT(statement.sql, HasSubstr(">= $1::text AND \"month\" COLLATE \"C\" < $2::text"));
}

TEST(TableQuery, WhatAClientSendsIsNeverPartOfTheSql) {
  const std::string attack = "x'; DROP TABLE monthly; --";
  const Query queries[] = {
      {{"country", attack}}, {{"country[in]", attack}}, {{"country[prefix]", attack}}};
  for (const Query& query : queries) {
    const Statement statement = sql_of(query);
    EXPECT_THAT(statement.sql, Not(HasSubstr("DROP")));
    EXPECT_EQ(statement.parameters[0], attack);
  }
  EXPECT_THAT(error_of({{"country\" = '' OR 1=1 --", "x"}}), HasSubstr("no column"));
  EXPECT_THAT(error_of({{"order", "country; DROP TABLE monthly"}}), HasSubstr("no column"));
  EXPECT_THAT(error_of({{"order", "country DESC"}}), HasSubstr("no column"));
  EXPECT_THAT(error_of({{"bookings", "1 OR 1=1"}}), HasSubstr("an integer"));
  EXPECT_THAT(error_of({{"limit", "1; DROP TABLE monthly"}}), HasSubstr("limit"));
}

TEST(TableQuery, AColumnsOwnNameIsQuoted) {
  const TableSpec odd{"public", "a\"b", {{"x\"y", ColumnType::kString, true}}, {}};
  EXPECT_THAT(select_page(odd, *parse_table_query(odd, {})).sql,
              HasSubstr("SELECT \"x\"\"y\" FROM \"public\".\"a\"\"b\""));
}

TEST(TableQuery, AnErrorNamesTheColumnAndWhatIsAccepted) {
  EXPECT_THAT(error_of({{"contry", "x"}}),
              AllOf(HasSubstr("'contry'"), HasSubstr("country, month, bookings")));
  EXPECT_THAT(error_of({{"bookings", "many"}}),
              AllOf(HasSubstr("'many'"), HasSubstr("'bookings'")));
  EXPECT_THAT(error_of({{"amount", "1,5"}}), HasSubstr("a decimal such as"));
  EXPECT_THAT(error_of({{"last", "yesterday"}}), HasSubstr("2017-01-31T10:00:00Z"));
  EXPECT_THAT(error_of({{"month[like]", "x"}}), AllOf(HasSubstr("'like'"), HasSubstr("gte")));
  EXPECT_THAT(error_of({{"bookings[prefix]", "1"}}), HasSubstr("for texts"));
  EXPECT_THAT(error_of({{"limit", "0"}}), HasSubstr("1 to 10000"));
  EXPECT_THAT(error_of({{"limit", "10001"}}), HasSubstr("1 to 10000"));
  EXPECT_THAT(error_of({{"limit", "1"}, {"limit", "2"}}), HasSubstr("twice"));
  EXPECT_THAT(error_of({{"order", "month,-month"}}), HasSubstr("twice"));
}

TEST(TableQuery, AnOrderIsCompletedByTheKey) {
  const Statement statement = sql_of({{"order", "-amount,month"}});
  EXPECT_THAT(
      statement.sql,
      HasSubstr("ORDER BY \"amount\" DESC, \"month\" COLLATE \"C\", \"country\" COLLATE \"C\""));
}

TEST(Cursor, GoesRoundWithNullsAndAnyText) {
  const Cursor cursor{"monthly", "-amount,month", {std::nullopt, "Caffè \"Anovo\"", ""}};
  const std::string text = encode(cursor);
  EXPECT_EQ(
      text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  const auto back = decode_cursor(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->table, cursor.table);
  EXPECT_EQ(back->order, cursor.order);
  EXPECT_EQ(back->values, cursor.values);
}

TEST(Cursor, OneInTheOrderOfTheKeyIsOneRowComparison) {
  const auto first = parse_table_query(kReport, {});
  const std::string cursor =
      cursor_after(kReport, *first, {"France", "2017_01", "3", "1.50", std::nullopt});
  const Statement statement = sql_of({{"cursor", cursor}});
  EXPECT_THAT(statement.sql, HasSubstr("WHERE (\"country\" COLLATE \"C\", \"month\" COLLATE \"C\") "
                                       "> ($1::text, $2::text) ORDER"));
  EXPECT_THAT(statement.parameters, ElementsAre("France", "2017_01", "101"));
}

TEST(Cursor, MixedDirectionsAndNullsAreSpelledOut) {
  const Query order = {{"order", "-amount,bookings"}};
  const auto first = parse_table_query(kReport, order);
  const std::string with_value =
      cursor_after(kReport, *first, {"F", "M", "3", "1.50", std::nullopt});
  EXPECT_THAT(sql_of({order[0], {"cursor", with_value}}).sql,
              HasSubstr("WHERE (\"amount\" < $1::numeric OR (\"amount\" = $1::numeric AND "
                        "(\"bookings\" > $2::bigint OR \"bookings\" IS NULL OR (\"bookings\" = "
                        "$2::bigint AND ("));
  const std::string with_null =
      cursor_after(kReport, *first, {"F", "M", std::nullopt, std::nullopt, std::nullopt});
  EXPECT_THAT(sql_of({order[0], {"cursor", with_null}}).sql,
              HasSubstr("WHERE (\"amount\" IS NOT NULL OR (\"amount\" IS NULL AND (false OR "
                        "(\"bookings\" IS NULL"));
}

TEST(Cursor, OneOfAnotherOrderReportOrForgedIsRefused) {
  const auto first = parse_table_query(kReport, {});
  const std::string cursor = cursor_after(kReport, *first, {"F", "M", "3", "1.50", std::nullopt});
  EXPECT_THAT(error_of({{"cursor", cursor}, {"order", "-amount"}}),
              HasSubstr("another report or order"));
  TableSpec other = kReport;
  other.table = "weekly";
  EXPECT_FALSE(parse_table_query(other, {{"cursor", cursor}}));
  EXPECT_THAT(error_of({{"cursor", "not a cursor!"}}), HasSubstr("not one that this server gave"));
  EXPECT_THAT(error_of({{"cursor", "eyJ0IjoxfQ"}}), HasSubstr("not one that this server gave"));
  const Cursor wrong_type{"monthly", "bookings,country,month", {"1 OR 1=1", "F", "M"}};
  EXPECT_THAT(error_of({{"order", "bookings"}, {"cursor", encode(wrong_type)}}),
              HasSubstr("not one that"));
  const Cursor null_key{"monthly", "country,month", {std::nullopt, "M"}};
  EXPECT_THAT(error_of({{"cursor", encode(null_key)}}), HasSubstr("not one that"));
}

TEST(Files, AreNewestFirst) {
  EXPECT_THAT(select_page(files_table(), *parse_table_query(files_table(), {})).sql,
              HasSubstr("ORDER BY \"place\" DESC, \"id\" COLLATE \"C\" LIMIT"));
}

TEST(DeadLetters, AreFoundByTheirFileRuleAndReason) {
  const auto query = parse_table_query(
      dead_letters_table(),
      {{"dataset", "bookings"}, {"file", "1-ab"}, {"rule", "type.date"}, {"reason[prefix]", "'"}});
  ASSERT_TRUE(query);
  EXPECT_EQ(query->filters.size(), 4u);
  EXPECT_THAT(select_one(dead_letters_table(), "x").sql, HasSubstr("WHERE \"id\" = $1::text"));
}

}  // namespace
}  // namespace sluice::api
