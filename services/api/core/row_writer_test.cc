#include "services/api/core/row_writer.h"

#include <gmock/gmock.h>

#include "services/api/core/column_value.h"
#include "services/api/core/negotiation.h"

namespace sluice::api {
namespace {

using testing::Eq;
using testing::Optional;

const std::vector<TableColumn> kColumns = {{"name", ColumnType::kString, true},
                                           {"amount", ColumnType::kDecimal, false},
                                           {"n", ColumnType::kInteger, false},
                                           {"open", ColumnType::kBoolean, false},
                                           {"day", ColumnType::kDate, false}};

std::string written(Format format, const std::vector<Row>& rows) {
  RowWriter writer(format, kColumns);
  for (const Row& row : rows) writer.row(row);
  return writer.take();
}

const Row kFull = {"Caffè \"A\", B", "617087.510", "-3", "true", "2017-01-31"};
const Row kEmpty = {"", std::nullopt, std::nullopt, std::nullopt, std::nullopt};

TEST(RowWriter, JsonKeepsEveryDigitAndTheColumnsOrder) {
  EXPECT_EQ(written(Format::kJson, {kFull, kEmpty}),
            "{\"name\":\"Caffè \\\"A\\\", "
            "B\",\"amount\":617087.510,\"n\":-3,\"open\":true,\"day\":\"2017-01-31\"},"
            "{\"name\":\"\",\"amount\":null,\"n\":null,\"open\":null,\"day\":null}");
}

TEST(RowWriter, NdjsonIsOneObjectALine) {
  const std::string text = written(Format::kNdjson, {kFull, kEmpty});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(text.back(), '\n');
}

TEST(RowWriter, CsvHasAHeaderAndTellsNullFromEmpty) {
  EXPECT_EQ(written(Format::kCsv, {kFull, kEmpty}),
            "name,amount,n,open,day\n\"Caffè \"\"A\"\", "
            "B\",617087.510,-3,true,2017-01-31\n\"\",,,,\n");
  EXPECT_EQ(written(Format::kCsv, {}), "name,amount,n,open,day\n");
}

TEST(RowWriter, ANumberThatJsonHasNotIsNull) {
  EXPECT_EQ(written(Format::kJson, {{"x", "NaN", "1", std::nullopt, std::nullopt}}),
            "{\"name\":\"x\",\"amount\":null,\"n\":1,\"open\":null,\"day\":null}");
}

TEST(Shown, TurnsPostgresFormsIntoOurs) {
  EXPECT_EQ(shown(ColumnType::kTimestamp, "2017-01-31 10:00:00+00"), "2017-01-31T10:00:00Z");
  EXPECT_EQ(shown(ColumnType::kTimestamp, "2017-01-31 10:00:00.25+00"), "2017-01-31T10:00:00.25Z");
  EXPECT_EQ(shown(ColumnType::kBoolean, "t"), "true");
  EXPECT_EQ(shown(ColumnType::kBoolean, "f"), "false");
  EXPECT_EQ(shown(ColumnType::kDecimal, "12.500"), "12.500");
  EXPECT_EQ(shown(ColumnType::kString, "2017-01-31 10:00:00+00"), "2017-01-31 10:00:00+00");
}

TEST(Negotiate, PicksTheBestOfferedFormat) {
  struct Case {
    const char* accept;
    std::optional<Format> format;
  };
  const Case cases[] = {
      {"", Format::kJson},
      {"*/*", Format::kJson},
      {"text/csv", Format::kCsv},
      {"TEXT/CSV", Format::kCsv},
      {"text/*", Format::kCsv},
      {"application/x-ndjson", Format::kNdjson},
      {"application/ndjson", Format::kNdjson},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Format::kJson},
      {"application/json;q=0.5, text/csv;q=0.9", Format::kCsv},
      {"application/json;q=0, */*", Format::kCsv},
      {"text/csv;q=0", std::nullopt},
      {"text/html", std::nullopt},
      {"text/csv;header=present;q=0.3, application/x-ndjson;q=0.25", Format::kCsv},
  };
  for (const Case& each : cases)
    EXPECT_THAT(negotiate(each.accept), Eq(each.format)) << each.accept;
}

TEST(FormatNamed, KnowsThreeWords) {
  EXPECT_THAT(format_named("csv"), Optional(Format::kCsv));
  EXPECT_THAT(format_named("xml"), Eq(std::nullopt));
}

TEST(LimitUnlessGiven, IsAPageForPeopleAndTheMostForPrograms) {
  EXPECT_EQ(limit_unless_given(Format::kJson), 100);
  EXPECT_EQ(limit_unless_given(Format::kCsv), 10'000);
  EXPECT_EQ(limit_unless_given(Format::kNdjson), 10'000);
}

TEST(IsKnownToClient, ComparesWeakly) {
  EXPECT_TRUE(is_known_to_client("\"7-json\"", "\"7-json\""));
  EXPECT_TRUE(is_known_to_client("\"6-json\", W/\"7-json\"", "\"7-json\""));
  EXPECT_TRUE(is_known_to_client("*", "\"7-json\""));
  EXPECT_FALSE(is_known_to_client("\"6-json\"", "\"7-json\""));
  EXPECT_FALSE(is_known_to_client("", "\"7-json\""));
}

}  // namespace
}  // namespace sluice::api
