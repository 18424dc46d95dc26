#include "cli/answers.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(ReportsTable, HasALineForEachReport) {
  const Json answer = Json::parse(R"({"reports": [
    {"name": "monthly", "dataset": "bookings", "revision": 12, "updated_at": "2024-01-02T03:04:05Z"},
    {"name": "weekly", "dataset": "orders", "revision": 0, "updated_at": null}]})");
  EXPECT_EQ(reports_table(answer),
            "report   dataset   revision  updated\n"
            "monthly  bookings        12  2024-01-02T03:04:05Z\n"
            "weekly   orders           0  \n");
}

TEST(ReportsTable, SaysWhereToLookIfThereIsNone) {
  EXPECT_NE(reports_table(Json::parse(R"({"reports": []})")).find("definitions check"), std::string::npos);
}

TEST(DeadLettersTable, StandsFileByFileAndLineByLine) {
  const auto letter = [](const char* file, int line) {
    return Json{{"id", std::string(file) + ":" + std::to_string(line)}, {"file", file},
                {"file_name", std::string(file) + ".csv"}, {"entry", 0}, {"line", line},
                {"column", nullptr}, {"rule", "columns"}, {"reason", "r"}};
  };
  const Json answer{{"dead_letters", {letter("2-b", 30), letter("1-a", 7), letter("2-b", 4)}}};
  EXPECT_EQ(dead_letters_table(answer),
            "id      file     line  column  rule     reason\n"
            "2-b:4   2-b.csv     4          columns  r\n"
            "2-b:30  2-b.csv    30          columns  r\n"
            "1-a:7   1-a.csv     7          columns  r\n");
  EXPECT_EQ(dead_letters_table(Json{{"dead_letters", Json::array()}}), "no dead letters\n");
}

TEST(DeadLetterGroupsTable, CountsByRuleAndColumn) {
  const Json answer = Json::parse(R"({"groups": [
    {"dataset": "bookings", "rule": "type.date", "column": "date", "letters": 12, "open": 10, "retriable": 9,
     "first_at": "2024-01-02T03:04:05Z", "last_at": "2024-01-03T03:04:05Z",
     "example": {"id": "1-a:0:7", "reason": "date \"x\"\nis no date"}}]})");
  EXPECT_EQ(dead_letter_groups_table(answer),
            "dataset   rule       column  open  can be retried  ever  last                  for example\n"
            "bookings  type.date  date      10               9    12  2024-01-03T03:04:05Z  date \"x\" is no date\n");
  EXPECT_EQ(dead_letter_groups_table(Json{{"groups", Json::array()}}), "no dead letters\n");
}

TEST(DeadLetterText, MarksTheCellBelowTheRow) {
  const auto text = [](const std::string& row, const Json& place) {
    return dead_letter_text(Json{{"id", "1-a:0:7"}, {"note", nullptr}, {"row", row}, {"cell", place}});
  };
  EXPECT_EQ(text("Ärger,never,3", Json{{"start", 6}, {"length", 5}}),
            "id           1-a:0:7\n\nÄrger,never,3\n      ^^^^^\n");
  EXPECT_EQ(text("a,,3", Json{{"start", 2}, {"length", 0}}), "id           1-a:0:7\n\na,,3\n  ^\n") << "an empty cell";
  EXPECT_EQ(text("a,\"b\nc\",3", Json{{"start", 8}, {"length", 1}}),
            "id           1-a:0:7\n\na,\"b\nc\",3\n   ^\n")
      << "a row of two lines";
  EXPECT_EQ(text("a,b", nullptr), "id           1-a:0:7\n\na,b\n");
}

TEST(RetryResult, TellsWhatBecameOfTheRows) {
  Json file = {{"rows", 10}, {"records", 8}, {"corrections", 1}, {"duplicates", 1}, {"dead_letters", 0}};
  EXPECT_EQ(retry_result(file), "10 of 10 rows are records now (8 new, 1 corrections, 1 duplicates).\n");
  file["dead_letters"] = 2;
  file["records"] = 6;
  EXPECT_EQ(retry_result(file), "8 of 10 rows are records now (6 new, 1 corrections, 1 duplicates). 2 failed again: "
                                "./sluice dead-letters groups\n");
}

TEST(NoSuchDataset, NamesThoseThereAre) {
  EXPECT_EQ(no_such_dataset("nope", {"bookings", "orders"}),
            "there is no dataset \"nope\"; there are bookings, orders");
  EXPECT_EQ(no_such_dataset("orders", {"bookings", "orders"}), std::nullopt);
  EXPECT_EQ(no_such_dataset("", {}), std::nullopt);
}

TEST(ReasonsOf, NameTheChecksThatFailWithTheirWholeSentences) {
  const std::string sentence(300, 'x');
  EXPECT_EQ(reasons_of(Json{{"status", "not ready"}, {"checks", {{"tables", sentence}, {"csv files", "ok"}}}}),
            std::vector<std::string>{"tables: " + sentence});
  EXPECT_EQ(reasons_of(Json{{"status", "not ready"}, {"checks", {{"tables", "refused\n\tIs it up?"}}}}),
            std::vector<std::string>{"tables: refused Is it up?"})
      << "one line";
  EXPECT_TRUE(reasons_of(Json::parse(R"({"status": "ready", "checks": {"tables": "ok"}})")).empty());
  EXPECT_EQ(reasons_of(Json::parse(R"({"status": "not ready", "checks": {"tables": "ok"}})")).size(), 1u);
}

TEST(DefinitionsOf, AreTheSentencesThereAre) {
  EXPECT_EQ(definitions_of(Json::parse(R"({"status": "ready", "definitions": ["a.yaml:1:2: no", "b"]})")),
            (std::vector<std::string>{"a.yaml:1:2: no", "b"}));
  EXPECT_TRUE(definitions_of(Json::parse(R"({"status": "ready"})")).empty());
}

TEST(CsvPages, GiveTheHeaderOnceAndEveryRow) {
  CsvPages pages(std::nullopt);
  EXPECT_EQ(pages.next_limit(), 10'000);
  EXPECT_EQ(pages.take("a,b\n1,2\n"), "a,b\n1,2\n");
  EXPECT_TRUE(pages.goes_on("c1"));
  EXPECT_EQ(pages.take("a,b\n\"3\n\",4\n"), "\"3\n\",4\n");
  EXPECT_FALSE(pages.goes_on("")) << "there is no next page";
}

TEST(CsvPages, KeepTheHeaderOfATableWithoutRows) {
  EXPECT_EQ(CsvPages(std::nullopt).take("a,b\n"), "a,b\n");
}

TEST(CsvPages, ALaterPageWithoutRowsAddsNothing) {
  CsvPages pages(std::nullopt);
  pages.take("a\n1\n");
  EXPECT_EQ(pages.take("a\n"), "");
  EXPECT_EQ(pages.take(""), "");
}

TEST(CsvPages, EndWhenAsManyRowsHaveComeAsWereAskedForHoweverManyAPageHolds) {
  CsvPages pages(10'003);
  EXPECT_EQ(pages.next_limit(), 10'000);
  pages.take("a\n1\n\"2\n\",\n");  // a page may end early, by its bytes
  EXPECT_TRUE(pages.goes_on("c"));
  EXPECT_EQ(pages.next_limit(), 10'000);
  std::string full = "a\n";
  for (int i = 0; i < 10'000; ++i) full += "1\n";
  pages.take(full);
  EXPECT_TRUE(pages.goes_on("c"));
  EXPECT_EQ(pages.next_limit(), 1);
  pages.take("a\n1\n");
  EXPECT_FALSE(pages.goes_on("c"));
}

}  // namespace
}  // namespace sluice::cli
