#include "services/transform/core/record_intake.h"

#include <gtest/gtest.h>

#include "services/transform/core/test_dataset.h"

namespace sluice::transform {
namespace {

constexpr std::string_view kGood =
    R"({"id":"a","place":"p","guests":2,"amount":1.50,"amount_currency":"EUR","day":"2017-01-31"})";

class Intake : public ::testing::Test {
 protected:
  std::shared_ptr<Dataset> dataset_ = testing::visits(1);
  Projection projection_{*dataset_};
  RecordIntake intake_{*dataset_, projection_, 0};

  static LogRecord message(std::string_view value, std::string_view key = "a",
                           std::string_view origin = "7-0123456789ab:0:12") {
    LogRecord out;
    out.key = key;
    out.value = value;
    out.origin = origin;
    return out;
  }
};

TEST_F(Intake, ARecordIsReadWithItsOriginAndEventTime) {
  ASSERT_FALSE(intake_.read(message(kGood)));
  EXPECT_TRUE(intake_.record().has_origin);
  EXPECT_EQ(intake_.record().version.place, 7U);
  EXPECT_EQ(intake_.record().version.line, 12U);
  EXPECT_EQ(to_string(*intake_.event_time()), "2017-01-31T00:00:00Z");
}

TEST_F(Intake, ContentIsComparedByValueNotByText) {
  ASSERT_FALSE(intake_.read(message(kGood)));
  const ContentHash content = intake_.record().content;
  const std::string_view same[] = {
      R"({"id":"a","place":"\u0070","guests":2,"amount":1.5,"amount_currency":"EUR","day":"2017-01-31"})",
      R"( { "day" : "2017-01-31", "id":"a", "guests" : 2 , "amount":15e-1,"place":"p","amount_currency":"EUR"} )"};
  for (const std::string_view text : same) {
    ASSERT_FALSE(intake_.read(message(text))) << text;
    EXPECT_EQ(intake_.record().content, content) << text;
  }
  ASSERT_FALSE(intake_.read(message(
      R"({"id":"a","place":"p","guests":null,"amount":1.5,"amount_currency":"EUR","day":"2017-01-31"})")));
  EXPECT_NE(intake_.record().content, content);
}

TEST_F(Intake, WhatIsNoRecordIsPoisonWithItsRule) {
  const struct {
    const char *value, *rule, *column;
  } cases[] = {
      {"", "json", ""},
      {"not json", "json", ""},
      {"[1]", "json", ""},
      {"{} {}", "json", ""},
      {R"({"id":"a","place":"p")", "json", ""},
      {R"({"id":"a"})", "required", "place"},
      {R"({"id":"a","color":"red"})", "columns", "color"},
      {R"({"id":"a","id":"a"})", "columns", "id"},
      {R"({"id":"a","place":null,"guests":2,"amount":1,"amount_currency":"EUR","day":"2017-01-31"})",
       "required", "place"},
      {R"({"id":7})", "type.string", "id"},
      {R"({"id":"a","guests":2.5})", "type.integer", "guests"},
      {R"({"id":"a","amount":"1.50"})", "type.decimal", "amount"},
      {R"({"id":"a","day":"31/01/2017"})", "type.date", "day"},
      {R"({"id":"b","place":"p","guests":2,"amount":1,"amount_currency":"EUR","day":"2017-01-31"})",
       "key", ""},
      {"{\"id\":\"\xff\"}", "json", ""},
  };
  for (const auto& one : cases) {
    const auto poison = intake_.read(message(one.value));
    ASSERT_TRUE(poison) << one.value;
    EXPECT_EQ(poison->rule, one.rule) << one.value << ": " << poison->reason;
    EXPECT_EQ(poison->column, one.column) << one.value;
    EXPECT_TRUE(intake_.origin()) << "it is counted in its file's receipt";
  }
}

TEST_F(Intake, AMessageWithoutKeyOrWithABadOriginIsPoison) {
  EXPECT_EQ(intake_.read(message(kGood, ""))->rule, "key");
  EXPECT_EQ(intake_.read(message(kGood, "a", "somewhere"))->rule, "origin");
  EXPECT_FALSE(intake_.origin());
}

TEST_F(Intake, AMessageInAnotherKeysPartitionIsPoison) {
  dataset_->partitions = 2;
  const std::int32_t home = [&] {
    return RecordIntake(*dataset_, projection_, 0).read(message(kGood)) ? 1 : 0;
  }();
  EXPECT_FALSE(RecordIntake(*dataset_, projection_, home).read(message(kGood)));
  EXPECT_EQ(RecordIntake(*dataset_, projection_, 1 - home).read(message(kGood))->rule, "partition");
}

TEST_F(Intake, ATombstoneIsADeletion) {
  LogRecord record = message("", "a", "");
  record.tombstone = true;
  EXPECT_FALSE(intake_.read(record));
  EXPECT_TRUE(intake_.record().deleted);
  EXPECT_FALSE(intake_.record().has_origin);
}

TEST_F(Intake, ADeadLetterKeepsTheMessageAndIsAlwaysText) {
  LogRecord record = message("{\xff", "a");
  record.offset = 9;
  const auto poison = intake_.read(record);
  ASSERT_TRUE(poison);
  const DeadLetter letter = dead_letter_of(*dataset_, {"t", 0}, record, intake_.origin(), *poison);
  EXPECT_EQ(letter.id, "t/0/9");
  EXPECT_EQ(letter.file, "7-0123456789ab");
  EXPECT_EQ(letter.line, 12U);
  EXPECT_EQ(letter.row, "{\\xff");
  EXPECT_EQ(letter.stage, "transform");
}

}  // namespace
}  // namespace sluice::transform
