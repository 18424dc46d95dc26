#include "common/rows/json_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/definition/definition_parser.h"
#include "common/rows/json_splitter.h"
#include "common/rows/line_splitter.h"
#include "common/rows/row_reader.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Split = void (*)(std::string_view, bool, std::uint64_t, std::size_t, SplitResult&);

std::vector<std::string> rows_of(Split split, std::string_view text) {
  SplitResult out;
  split(text, true, 1, 0, out);
  EXPECT_EQ(out.consumed, text.size());
  std::vector<std::string> rows;
  for (const RawRow& row : out.rows) {
    rows.push_back(std::to_string(row.line) + ":" + std::string(text.substr(row.begin, row.end - row.begin)));
  }
  return rows;
}

// The same rows, read as ingest does, a few bytes at a time.
std::vector<std::string> in_pieces(Split split, std::string_view text, std::size_t piece) {
  std::vector<std::string> rows;
  std::string buffer;
  std::uint64_t line = 1;
  for (std::size_t at = 0; at < text.size() || !buffer.empty();) {
    buffer += text.substr(at, piece);
    at = std::min(text.size(), at + piece);
    SplitResult out;
    split(buffer, at == text.size(), line, 0, out);
    for (const RawRow& row : out.rows) {
      rows.push_back(std::to_string(row.line) + ":" + buffer.substr(row.begin, row.end - row.begin));
    }
    line = out.next_line;
    buffer.erase(0, out.consumed);
  }
  return rows;
}

TEST(NdjsonLines, EveryLineIsARowButBlankOnesAndLoneBrackets) {
  EXPECT_THAT(rows_of(split_lines, "[\n{\"a\":1},\r\n\n  \t\n{\"a\":2}\n]\n ],\nx\n{\"a\":3}"),
              ElementsAre("2:{\"a\":1},", "5:{\"a\":2}", "8:x", "9:{\"a\":3}"));
}

TEST(NdjsonLines, ALoneCarriageReturnIsALineForTheCountOnly) {
  EXPECT_THAT(rows_of(split_lines, "{\"a\":\r1}\r\n{\"a\":2}\n"), ElementsAre("1:{\"a\":\r1}", "3:{\"a\":2}"));
}

TEST(NdjsonLines, TheArraysOwnCharactersAreTakenOff) {
  for (const std::string_view line : {"{\"a\":1}", " {\"a\":1} ,", "[{\"a\":1},", "[ {\"a\":1}]", "{\"a\":1},]",
                                      "{\"a\":1}]\t"}) {
    EXPECT_EQ(object_of_line(line), "{\"a\":1}") << line;
  }
  EXPECT_EQ(object_of_line("{\"a\":[1]"), "{\"a\":[1");  // broken before and after
}

TEST(JsonSplitter, ElementsMayBeSpreadOverLines) {
  constexpr std::string_view kText =
      "\n{\"a\":1},\r\n  {\n \"a\": \"},{ ]\\\"\",\n \"b\": [1, {}]\n },{\"a\":3}\n] \n";
  EXPECT_THAT(rows_of(split_json, kText),
              ElementsAre("2:{\"a\":1}", "3:{\n \"a\": \"},{ ]\\\"\",\n \"b\": [1, {}]\n }", "6:{\"a\":3}"));
}

TEST(JsonSplitter, WhatIsNoObjectIsARowOfItsOwn) {
  EXPECT_THAT(rows_of(split_json, "1, \"x,]\",\n[2,3],null{\"a\":1}"),
              ElementsAre("1:1", "1:\"x,]\"", "2:[2,3]", "2:null", "2:{\"a\":1}"));
}

TEST(JsonSplitter, ABrokenElementCostsItsFirstLineOnly) {
  EXPECT_THAT(rows_of(split_json, "{\"a\":1\n,{\"a\":2}\n]"), ElementsAre("1:{\"a\":1", "2:{\"a\":2}"));
  EXPECT_THAT(rows_of(split_json, "{\"a\":[1}\n,{\"a\":2}\n]"), ElementsAre("1:{\"a\":[1}", "2:{\"a\":2}"));
  EXPECT_THAT(rows_of(split_json, "{\"a\":\"x\n,{\"a\":2}\n"), ElementsAre("1:{\"a\":\"x", "2:{\"a\":2}"));
  EXPECT_THAT(rows_of(split_json, "{\"a\":\"x"), ElementsAre("1:{\"a\":\"x"));
}

TEST(JsonSplitter, AnElementWithoutEndIsNotReadForEver) {
  const std::string text = "{\"a\":\n[" + std::string(kMaxRowBytes + 10, ' ') + "\n]}\n{\"a\":1}\n";
  const auto rows = rows_of(split_json, text);
  EXPECT_EQ(rows.front(), "1:{\"a\":");
  EXPECT_EQ(rows.back(), "4:{\"a\":1}");
}

TEST(JsonFormat, RowsDoNotDependOnHowTheFileIsCutIntoBuffers) {
  const std::string_view texts[] = {
      "\r\n{\"a\":1},\r\n  {\n \"a\": \"},{ ]\\\"\",\r \"b\": [1, {}]\n },{\"a\":3}\n] \r\n",
      "[\n{\"a\":1},\r\n\n{\"a\":\"x\ny\"}\nz 1, true\r\n\r\n{\"b\":[}\n\"c\",{\"d\":2}"};
  for (const std::string_view text : texts) {
    for (const std::size_t piece : {1, 2, 3, 5, 7, 11}) {
      EXPECT_EQ(in_pieces(split_json, text, piece), rows_of(split_json, text)) << piece;
      EXPECT_EQ(in_pieces(split_lines, text, piece), rows_of(split_lines, text)) << piece;
    }
  }
}

TEST(JsonFormat, OpensBehindTheMarkAndTheBracket) {
  const auto dataset = std::make_shared<const Dataset>();
  const auto open = [&](std::string_view start) { return json_row_format(dataset)->open(start, true).value().value(); };
  EXPECT_EQ(open("\xef\xbb\xbf\r\n [{").consumed, 7U);
  EXPECT_EQ(open("\xef\xbb\xbf\r\n [{").next_line, 2U);
  EXPECT_EQ(open("{\"a\":1}").consumed, 0U);
  EXPECT_FALSE(json_row_format(dataset)->open(" \n", false).value().has_value());
  EXPECT_EQ(ndjson_row_format(dataset)->open("[{", false).value().value().consumed, 0U);
}

constexpr const char* kDefinition = R"(dataset: events
source: { files: "part-*.json", path_fields: "datehour={datehour}/" }
format: ndjson
key: id
version: at
fields:
  id:       { type: string, required: true }
  at:       { type: timestamp, required: true, formats: ["%Y-%m-%d %H:%M:%S"] }
  country:  { type: string, from: user.country }
  purposes: { type: integer, required: true, from: count(user.token.purposes.enabled) }
  measure:  { type: decimal, from: weather.measure }
  rating:   { type: integer, quoted: true }
  good:     { type: boolean }
  datehour: { type: string, required: true, from: path.datehour }
records: { postgres: {} }
)";

class JsonRows : public ::testing::Test {
 protected:
  std::string read(std::string_view row) {
    RowRecord record;
    RowRejection why;
    if (reader_.read(row, record, why)) return record.key + "|" + record.value;
    EXPECT_FALSE(why.reason.empty());
    return why.column + "/" + why.rule;
  }

  std::shared_ptr<const Dataset> dataset_ =
      std::make_shared<const Dataset>(parse_definition(kDefinition, "events.yaml").value());
  RowReader reader_ =
      RowReader::for_file(dataset_, *row_format(dataset_), "", {"2021-01-23-10"}).value();
};

TEST_F(JsonRows, GiveTheSameRecordsAsAnyFormat) {
  EXPECT_EQ(read(R"({"id":"e1","datetime":0,"at":"2021-01-23 10:23:51","user":{"country":"FR","token":)"
                 R"("{\"purposes\":{\"enabled\":[\"ads\"]}}"},"weather.measure":0.0305,"rating":"4","good":true},)"),
            R"(e1|{"id":"e1","at":"2021-01-23T10:23:51Z","country":"FR","purposes":1,"measure":0.0305,)"
            R"("rating":4,"good":true,"datehour":"2021-01-23-10"})");
  EXPECT_EQ(read(R"({"weather":{"measure":8.2e-05},"id":"e\"é","at":"2021-01-23 10:23:51","user":)"
                 R"({"token":{"purposes":{"enabled":[]}}},"rating":null,"good":null})"),
            R"(e"é|{"id":"e\"é","at":"2021-01-23T10:23:51Z","country":null,"purposes":0,"measure":0.000082,)"
            R"("rating":null,"good":null,"datehour":"2021-01-23-10"})");
}

TEST_F(JsonRows, RefuseEachFaultWithItsColumnAndRule) {
  const std::string good = R"({"id":"e1","at":"2021-01-23 10:23:51","user":{"token":"{\"purposes\":{\"enabled\":[]}}"})";
  EXPECT_THAT(read(good + "}"), HasSubstr("e1|"));
  struct Case {
    std::string row, fault;
  };
  for (const Case& c : {Case{"{", "/json"},
                        Case{"[]", "/json"},
                        Case{"5", "/json"},
                        Case{"x", "/json"},
                        Case{good, "/json"},
                        Case{good + ",\"x\":nul}", "/json"},
                        Case{good + ",\"x\":NaN}", "/json"},
                        Case{good + "}{}", "/json"},
                        Case{good + ",\"x\":\"\xff\"}", "/encoding"},
                        Case{good + ",\"user.country\":\"\xff\"}", "user.country/encoding"},
                        Case{good + ",\"weather.measure\":\"0.5\"}", "weather.measure/type.decimal"},
                        Case{good + ",\"weather.measure\":[1]}", "weather.measure/type.decimal"},
                        Case{good + ",\"user.country\":{}}", "user.country/type.string"},
                        Case{good + ",\"good\":\"true\"}", "good/type.boolean"},
                        Case{good + ",\"rating\":\"x\"}", "rating/type.integer"},
                        Case{good + ",\"id\":null}", "id/required"},
                        Case{good + ",\"user\":{\"token\":\"x\"}}", "count(user.token.purposes.enabled)/json"},
                        Case{good + ",\"user\":{\"token\":\"{}\"}}", "count(user.token.purposes.enabled)/required"}}) {
    EXPECT_EQ(read(c.row), c.fault) << c.row;
  }
}

TEST(ListFields, AreArraysOfTextsInTheRecordWhateverTheFormat) {
  const auto record = [](const std::string& format, std::string_view header, std::string_view row) {
    const auto dataset = std::make_shared<const Dataset>(
        parse_definition("dataset: films\nsource: { files: \"films*\" }\nformat: " + format + R"(
key: id
fields:
  id:     { type: integer, required: true }
  genres: { type: list, from: "genres[].name" }
)", "films.yaml").value());
    auto reader = RowReader::for_file(dataset, *row_format(dataset), header, {}).value();
    RowRecord out;
    RowRejection why;
    return reader.read(row, out, why) ? out.value : why.column + "/" + why.rule;
  };
  EXPECT_EQ(record("ndjson", "", R"({"id":1,"genres":[{"name":"Film noir"},{"name":"a \"b\""}]})"),
            R"({"id":1,"genres":["Film noir","a \"b\""]})");
  EXPECT_EQ(record("csv", "id,genres", R"(1,"[{'id': 16, 'name': 'Animation'}]")"),
            R"({"id":1,"genres":["Animation"]})");
  EXPECT_EQ(record("csv", "id,genres", "1,[]"), R"({"id":1,"genres":[]})");
  EXPECT_EQ(record("csv", "id,genres", "1,"), R"({"id":1,"genres":null})");
  EXPECT_EQ(record("csv", "id,genres", "1,Drama"), "genres[].name/literal");
}

}  // namespace
}  // namespace sluice
