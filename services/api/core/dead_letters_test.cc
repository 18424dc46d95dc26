#include "services/api/core/dead_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sluice::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

TEST(LetterFilter, IsReadFromABody) {
  const auto filter = read_letter_filter(
      R"({"dataset":"bookings","rule":"type.date","column":"","ids":["a","b"],"note":"never mind"})", true);
  ASSERT_TRUE(filter) << filter.error().message;
  EXPECT_EQ(filter->dataset, "bookings");
  EXPECT_THAT(filter->rule, Optional(std::string("type.date")));
  EXPECT_THAT(filter->column, Optional(std::string())) << "the row as a whole, which is not: any";
  EXPECT_FALSE(filter->file);
  EXPECT_THAT(filter->ids, ElementsAre("a", "b"));
  EXPECT_EQ(filter->note, "never mind");
}

TEST(LetterFilter, RefusesWhatItDoesNotKnowWithASentence) {
  const auto why = [](std::string_view body, bool with_note = false) {
    const auto filter = read_letter_filter(body, with_note);
    return filter ? "" : filter.error().message;
  };
  EXPECT_THAT(why("[]"), HasSubstr("a JSON object"));
  EXPECT_THAT(why("{"), HasSubstr("a JSON object"));
  EXPECT_THAT(why("{}"), HasSubstr("dataset is missing"));
  EXPECT_THAT(why(R"({"dataset":7})"), HasSubstr("a JSON object"));
  EXPECT_THAT(why(R"({"dataset":"b","note":"x"})"), HasSubstr("no \"note\""));
  EXPECT_THAT(why(R"({"dataset":"b","rules":"x"})"), HasSubstr("no \"rules\""));
  EXPECT_THAT(why(R"({"dataset":"b","ids":[]})"), HasSubstr("1 to 1000"));
  EXPECT_THAT(why(R"({"dataset":"b","ids":[7]})"), HasSubstr("a JSON object"));
  EXPECT_THAT(why(R"({"dataset":"b","file":"a\u0000"})"), HasSubstr("a JSON object"));
  EXPECT_THAT(why(R"({"dataset":"b","note":")" + std::string(kMaxNote + 1, 'x') + "\"}", true), HasSubstr("at most"));
}

TEST(LetterFilter, EachValueIsAParameterAndOnlyOpenLettersAreMeant) {
  LetterFilter filter;
  filter.dataset = "x' OR true --";
  filter.column = "";
  filter.ids = {"a\"b", "c\\d"};
  for (const Statement& statement : {count_letters(filter), select_retried(filter), discard_letters(filter, "")}) {
    EXPECT_THAT(statement.sql, HasSubstr("l.state = 'open'"));
    EXPECT_THAT(statement.sql, Not(HasSubstr("OR true")));
    EXPECT_THAT(statement.parameters.back(), Optional(std::string(R"({"a\"b","c\\d"})")));
  }
  EXPECT_THAT(discard_letters(filter, "").sql, HasSubstr("l.dataset = $3"));
  EXPECT_THAT(count_letters(filter).sql, HasSubstr("l.dataset = $1 AND COALESCE(l.\"column\", '') = $2"));
  EXPECT_EQ(discard_letters(filter, "").parameters[0], std::nullopt);
  EXPECT_THAT(discard_letters(filter, "anna").parameters[0], Optional(std::string("anna")));
}

TEST(ListOfLetters, HasTheOpenOnesUnlessAnotherStateIsAskedFor) {
  EXPECT_THAT(with_state({{"dataset", "b"}}), ElementsAre(std::pair("dataset", "b"), std::pair("state", "open")));
  EXPECT_THAT(with_state({{"state", "retried"}}), ElementsAre(std::pair("state", "retried")));
  EXPECT_THAT(with_state({{"state[ne]", "open"}}), ElementsAre(std::pair("state[ne]", "open")));
  EXPECT_THAT(with_state({{"state", "all"}, {"limit", "5"}}), ElementsAre(std::pair("limit", "5")));
}

TEST(GroupsOfLetters, TakeDatasetAndFileOnly) {
  const auto groups = select_groups({{"dataset", "b"}, {"file", "17-ab"}});
  ASSERT_TRUE(groups);
  EXPECT_THAT(groups->sql, HasSubstr("WHERE dataset = $1 AND file = $2 GROUP BY"));
  EXPECT_THAT(groups->parameters, ElementsAre(Optional(std::string("b")), Optional(std::string("17-ab"))));
  EXPECT_THAT(select_groups({{"rule", "x"}}).error().message, HasSubstr("\"rule\" is neither"));
}

TEST(ALetter, IsShownWithThePlaceOfItsCell) {
  const std::string context = R"({"delimiter":",","format":"csv","header":"id,day","path":{},"quote":"\""})";
  const auto shown = nlohmann::json::parse(letter_json(R"({"id":"a"})", context, "7,never", "day"));
  EXPECT_EQ(shown, nlohmann::json::parse(R"({"id":"a","cell":{"start":2,"length":5},"retriable":true})"));
  const auto bare = nlohmann::json::parse(letter_json(R"({"id":"a"})", "", "7,never", "day"));
  EXPECT_EQ(bare, nlohmann::json::parse(R"({"id":"a","cell":null,"retriable":false})"));
}

TEST(ARetry, TellsHowManyAreReadAndWhyTheOthersAreNot) {
  const auto all = nlohmann::json::parse(retry_json({7, 7, 0, 0}, R"({"id":"18-ab"})"));
  EXPECT_EQ(all, nlohmann::json::parse(R"({"letters":7,"not_retriable":[],"file":{"id":"18-ab"}})"));
  const auto some = nlohmann::json::parse(retry_json({7, 2, 4, 1}, ""));
  EXPECT_EQ(some["letters"], 2);
  EXPECT_EQ(some["not_retriable"][0]["letters"], 4);
  EXPECT_EQ(some["not_retriable"][1]["letters"], 1);
  EXPECT_TRUE(some["file"].is_null());
}

}  // namespace
}  // namespace sluice::api
