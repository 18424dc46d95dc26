#include "common/doctor/diagnose.h"

#include <gmock/gmock.h>

#include "common/base/text_bytes.h"
#include "common/definition/definition_parser.h"
#include "common/doctor/diagnosis_json.h"

namespace sluice::doctor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr const char* kThings = R"(
dataset: things
source: { files: "things*.csv" }
format: csv
key: id
event_time: day
fields:
  id:    { type: string, required: true }
  count: { type: integer, min: 0 }
  price: { type: money }
  day:   { type: date, required: true, formats: ["%d/%m/%Y"] }
records: { postgres: {} }
)";

std::shared_ptr<const Dataset> things(std::string text = kThings) {
  auto parsed = parse_definition(text, "things.yaml");
  EXPECT_TRUE(parsed) << to_string(parsed.error().front());
  return std::make_shared<const Dataset>(*std::move(parsed));
}

Diagnosis diagnosis_of(const std::string& text, std::shared_ptr<const Dataset> dataset = things()) {
  TextBytes bytes(text);
  return diagnose(bytes, "/in/things-1.csv", std::move(dataset), {});
}

const ColumnStatistics& column(const Diagnosis& diagnosis, const std::string& name) {
  return *std::ranges::find(diagnosis.columns, name, &ColumnStatistics::name);
}

TEST(Diagnose, CountsWhatEachRowWouldBecome) {
  const Diagnosis d = diagnosis_of(
      "id;count;price;day\r\n"
      "a;1;2,50 €;01/02/2020\r\n"
      "b;;;03/02/2020\r\n"
      "a;1;2,50 €;01/02/2020\r\n"
      "a;9;2,50 €;01/02/2020\r\n"
      "c;-1;;03/02/2020\r\n"
      "d;1;;32/02/2020\r\n");
  EXPECT_EQ(d.error, "");
  EXPECT_EQ(d.dataset, "things");
  EXPECT_EQ(d.definition, "things.yaml");
  EXPECT_EQ(d.csv.delimiter, ';');
  EXPECT_EQ(d.line_ends, LineEnds::kCrlf);
  EXPECT_EQ(d.rows, 6U);
  EXPECT_EQ(d.records, 2U);
  EXPECT_EQ(d.duplicates, 1U);
  EXPECT_EQ(d.corrections, 1U);
  EXPECT_EQ(d.dead_letters, 2U);
  EXPECT_THAT(d.dead_letters_by_rule, ElementsAre(Pair("range", 1), Pair("type.date", 1)));
  ASSERT_EQ(d.first_dead_letters.size(), 2U);
  EXPECT_EQ(d.first_dead_letters[0].line, 6U);
  EXPECT_EQ(d.first_dead_letters[0].why.column, "count");
  EXPECT_EQ(d.first_dead_letters[0].row, "c;-1;;03/02/2020");
  EXPECT_EQ(d.proposal, "");
}

TEST(Diagnose, AFileAboveItsErrorBudgetWouldBeRefusedWithTheSameSentence) {
  const std::string text = "id,count,price,day\na,-1,,01/02/2020\nb,9,,32/02/2020\nc,1,,01/02/2020\n";
  const auto with = [](const std::string& errors) { return things(kThings + ("errors: " + errors + "\n")); };
  const Diagnosis over = diagnosis_of(text, with("{ max_rows: 1 }"));
  EXPECT_THAT(over.error, HasSubstr("2 of its 3 rows cannot become records, and the definition allows 1"));
  EXPECT_EQ(over.first_dead_letters.size(), 2U) << "they are told even so";
  EXPECT_EQ(diagnosis_of(text, with("{ max_rows: 2 }")).error, "");
}

TEST(Diagnose, TellsOfEachFieldWhatItHolds) {
  const Diagnosis d = diagnosis_of(
      "id,count,price,day\na,10,\"2,50 €\",01/02/2020\nb,9,,03/02/2020\nc,,£1.00,02/02/2020\n");
  EXPECT_EQ(column(d, "id").distinct(), 3U);
  EXPECT_EQ(column(d, "count").least(), "9");
  EXPECT_EQ(column(d, "count").greatest(), "10");
  EXPECT_EQ(column(d, "count").values(), 2U);
  EXPECT_EQ(column(d, "count").nulls(), 1U);
  EXPECT_EQ(column(d, "price").type(), "money");
  EXPECT_EQ(column(d, "price").greatest(), "2.50");
  EXPECT_EQ(column(d, "price_currency").distinct(), 2U);
  EXPECT_EQ(column(d, "day").least(), "2020-02-01");
  EXPECT_EQ(column(d, "day").longest_bytes(), 10U);
}

TEST(Diagnose, FindsTheEncoding) {
  const std::string text = "id,count,price,day\nCaf\xe9,1,,01/02/2020\n";
  EXPECT_EQ(diagnosis_of(text).encoding, Encoding::kWindows1252);
  EXPECT_EQ(column(diagnosis_of(text), "id").least(), "Café");
  std::string wide = "\xff\xfe";
  for (const char c : std::string("id,count,price,day\na,1,,01/02/2020\n")) (wide += c) += '\0';
  const Diagnosis d = diagnosis_of(wide);
  EXPECT_EQ(d.encoding, Encoding::kUtf16Le);
  EXPECT_TRUE(d.byte_order_mark);
  EXPECT_EQ(d.records, 1U) << d.error;
  EXPECT_EQ(d.bytes, wide.size());
}

TEST(Diagnose, SaysWhyAFileWouldBeRefused) {
  EXPECT_EQ(diagnosis_of("").error, "The file is empty.");
  EXPECT_THAT(diagnosis_of("id,count,price\n1,2,3\n").error, HasSubstr("day"));
  EXPECT_THAT(diagnosis_of(std::string("id,c\0unt\n", 9)).error, HasSubstr("NUL"));
  EXPECT_THAT(diagnosis_of("\"id,count").error, HasSubstr("quote"));
  EXPECT_EQ(diagnosis_of("").definition, "things.yaml");
  for (const char* text : {"", "id,count,price\n1,2,3\n", "\"id,count"}) {
    EXPECT_THAT(diagnosis_of(text).error, testing::MatchesRegex(".*[^.][.]")) << "one full stop";
  }
}

TEST(Diagnose, OfAHeaderThatStandsBelowATitleItTellsWhatTheDefinitionLacks) {
  const Diagnosis d = diagnosis_of("Things, all of them\n2020-02-01\n\nid;count;price;day\na;1;;01/02/2020\n");
  EXPECT_THAT(d.error, HasSubstr("The header stands on line 4: with `format: { csv: { skip_lines: 3 } }` the file "
                                 "is read."));
  EXPECT_THAT(diagnosis_of("id;count\n\nid;count;price\n").error, testing::Not(HasSubstr("skip_lines")));
}

TEST(Diagnose, DeadLettersBelowLinesThatAreSkippedHaveTheFilesLines) {
  std::string definition = kThings;
  definition.replace(definition.find("format: csv"), 11, "format: { csv: { skip_lines: 2 } }");
  const Diagnosis d = diagnosis_of("Things\n\"of 2020\nid,count,price,day\na,x,,01/02/2020\n", things(definition));
  EXPECT_EQ(d.error, "");
  EXPECT_EQ(d.csv.skip_lines, 2U);
  ASSERT_EQ(d.first_dead_letters.size(), 1U);
  EXPECT_EQ(d.first_dead_letters[0].line, 4U);
}

TEST(Diagnose, RowsAreTheSameWhereverTheFileIsCutIntoBlocks) {
  std::string text = "id,count,price,day\n";
  std::uint64_t rows = 0;
  for (; text.size() < 5'000'000; ++rows) {
    text += std::to_string(rows) + ",1,,01/02/2020\n";
    if (rows % 1000 == 0) text += "x" + std::string(rows, 'y') + ",1,,01/02/2020\n";
  }
  const Diagnosis d = diagnosis_of(text);
  EXPECT_EQ(d.error, "");
  EXPECT_EQ(d.rows, rows + (rows + 999) / 1000);
  EXPECT_EQ(d.rows, d.records + d.dead_letters + d.duplicates + d.corrections);
  EXPECT_EQ(d.bytes, text.size());
}

TEST(Diagnose, OfManyDeadLettersTheFirstAreKeptAndAllAreCounted) {
  std::string text = "id,count,price,day\n";
  for (int i = 0; i < 100; ++i) text += "a,none,,01/02/2020\n";
  const Diagnosis d = diagnosis_of(text);
  EXPECT_EQ(d.dead_letters, 100U);
  EXPECT_EQ(d.first_dead_letters.size(), kMostLetters);
}

TEST(Diagnose, AFileThatNoneTakesIsReadByAProposedDefinition) {
  TextBytes bytes("order_no|sum|day\n1|2.5|2020-01-01\n2|3.5|2020-01-02\n2|3.5|2020-01-02\n");
  const Diagnosis d = diagnose(bytes, "/x/orders-2020.psv", nullptr, {});
  EXPECT_EQ(d.error, "");
  EXPECT_EQ(d.dataset, "orders");
  EXPECT_EQ(d.definition, "");
  EXPECT_THAT(d.proposal, HasSubstr("key: order_no\n"));
  EXPECT_EQ(d.records, 2U);
  EXPECT_EQ(d.duplicates, 1U);
  EXPECT_EQ(column(d, "sum").type(), "decimal");
}

TEST(Diagnose, AsJsonItIsAReceiptWithItsReasons) {
  const std::string json = to_json(diagnosis_of("id,count,price,day\na,\"\"x,,01/02/2020\nb,1,,01/02/2020\n"));
  for (const char* part :
       {R"("name":"things-1.csv","dataset":"things","definition":"things.yaml","state":"done","error":null)",
        R"("encoding":"utf-8")", R"("dialect":{"format":"csv","delimiter":",","quote":"\"","header":true,"skip_lines":0})",
        R"("rows":2,"records":1,"dead_letters":1,"duplicates":0,"corrections":0)",
        R"("proposal":null)"}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
}

}  // namespace
}  // namespace sluice::doctor
