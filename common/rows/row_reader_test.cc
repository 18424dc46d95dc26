#include "common/rows/row_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/definition/definition_parser.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

constexpr const char* kRowDefinition = R"(dataset: things
source: { files: "things*.csv" }
format: csv
key: [id, day]
event_time: day
fields:
  id:     { type: integer, required: true }
  name:   { type: string, required: true }
  kind:   { type: string, one_of: [small, large] }
  price:  { type: money, required: true, currency: currency, min: 0 }
  weight: { type: decimal, scale: 1, max: 100 }
  day:    { type: date, required: true, formats: ["%d/%m/%Y", "%d-%m-%Y"] }
  seen:   { type: timestamp, formats: ["%Y-%m-%d %H:%M"], time_zone: Europe/Paris }
  good:   { type: boolean, from: "Is good" }
reports:
  thing_prices:
    group_by: [name]
    measures: { things: count, price: sum(price), weight: sum(weight) }
)";
constexpr const char* kHeader = "id,name,kind,price,weight,day,seen,Is good";

std::shared_ptr<const Dataset> row_dataset(std::string text = kRowDefinition) {
  auto parsed = parse_definition(text, "things.yaml");
  if (!parsed) throw std::runtime_error(to_string(parsed.error().front()));
  return std::make_shared<const Dataset>(*std::move(parsed));
}

class RowReaderTest : public ::testing::Test {
 protected:
  // "key|value", or "column/rule/reason".
  std::string read(std::string_view row) {
    RowRejection rejection;
    if (!reader_.read(row, record_, rejection)) {
      return rejection.column + "/" + rejection.rule + "/" + rejection.reason;
    }
    return record_.key + "|" + record_.value;
  }
  // Only "column/rule".
  std::string fault(std::string_view row) {
    RowRejection rejection;
    if (reader_.read(row, record_, rejection)) return "none";
    EXPECT_FALSE(rejection.reason.empty());
    return rejection.column + "/" + rejection.rule;
  }

  RowReader reader_ = RowReader::for_header(row_dataset(), kHeader).value();
  RowRecord record_;
};

TEST_F(RowReaderTest, WritesTheRecordsColumnsInTheDefinitionsOrder) {
  EXPECT_EQ(read("7,Ann,small,£5,2.50,31/01/2017,2017-01-31 10:00,yes"),
            "[7,\"2017-01-31\"]|{\"id\":7,\"name\":\"Ann\",\"kind\":\"small\",\"price\":5.00,\"currency\":\"GBP\","
            "\"weight\":2.5,\"day\":\"2017-01-31\",\"seen\":\"2017-01-31T09:00:00Z\",\"good\":true}");
  EXPECT_EQ(record_.event_time_ms, 17197LL * 86'400'000);
}

TEST_F(RowReaderTest, EmptyCellsAreNull) {
  EXPECT_EQ(read("7,Ann,,\"1.234,50\u00a0€\",, 31-01-2017 ,,"),
            "[7,\"2017-01-31\"]|{\"id\":7,\"name\":\"Ann\",\"kind\":null,\"price\":1234.50,\"currency\":\"EUR\","
            "\"weight\":null,\"day\":\"2017-01-31\",\"seen\":null,\"good\":null}");
}

TEST_F(RowReaderTest, TheEventTimeIsTheRowsOwnOrNone) {
  ASSERT_EQ(fault("7,Ann,,£5,,31/12/1969,,"), "none");
  EXPECT_EQ(record_.event_time_ms, -86'400'000);
  std::string without(kRowDefinition);
  without.erase(without.find("event_time: day\n"), std::string_view("event_time: day\n").size());
  reader_ = RowReader::for_header(row_dataset(without), kHeader).value();
  ASSERT_EQ(fault("7,Ann,,£5,,31/12/1969,,"), "none");
  EXPECT_EQ(record_.event_time_ms, std::nullopt);
}

TEST_F(RowReaderTest, EqualValuesHaveEqualKeysAndContent) {
  EXPECT_EQ(read("7,A,,£5,1e1,31/01/2017,,"), read("+007,A,,GBP 5.000,10.00,31-01-2017,,"));
}

TEST_F(RowReaderTest, TextIsKeptAsItIsAndEscaped) {
  EXPECT_THAT(read("7,\" a \"\"b\"\"\n\\\",,£5,,31/01/2017,,"), HasSubstr("\"name\":\" a \\\"b\\\"\\n\\\\\""));
  EXPECT_THAT(read("7,5\" pipe,,£5,,31/01/2017,,"), HasSubstr("\"name\":\"5\\\" pipe\""));
}

TEST_F(RowReaderTest, RefusesEachFaultWithItsColumnAndRule) {
  struct Case {
    const char *row, *expected;
  };
  const std::string at_limit = "7," + std::string(kMaxKeyBytes, 'x') + ",,£5,,31/01/2017,,";
  const std::string too_long = "7," + std::string(kMaxKeyBytes + 1, 'x') + ",,£5,,31/01/2017,,";
  for (const Case& c : {
           Case{"7,Ann,small,£5,2.5,31/01/2017,,", "none"},
           Case{"7,Ann", "/columns"},
           Case{"7,Ann,small,£5,2.5,31/01/2017,,,", "/columns"},
           Case{"7,\"Ann\"x,small,£5,2.5,31/01/2017,,", "/quote"},
           Case{"7,\"Ann,small,£5,2.5,31/01/2017,,", "/quote"},
           Case{"7,A\xffnn,small,£5,2.5,31/01/2017,,", "name/encoding"},
           Case{"7,Ann,small,£5,2.5,31/01/2017,,\xc3", "Is good/encoding"},
           Case{"7,Ann\xff", "/encoding"},
           Case{",Ann,small,£5,2.5,31/01/2017,,", "id/required"},
           Case{" ,Ann,small,£5,2.5,31/01/2017,,", "id/required"},
           Case{"7,,small,£5,2.5,31/01/2017,,", "name/required"},
           Case{"7.0,Ann,small,£5,2.5,31/01/2017,,", "id/type.integer"},
           Case{"7,Ann,medium,£5,2.5,31/01/2017,,", "kind/one_of"},
           Case{"7,Ann,small,5,2.5,31/01/2017,,", "price/type.money"},
           Case{"7,Ann,small,-£5,2.5,31/01/2017,,", "price/range"},
           Case{"7,Ann,small,£1234567890123456,2.5,31/01/2017,,", "price/range"},
           Case{"7,Ann,small,£0.1234567890123,2.5,31/01/2017,,", "price/range"},
           Case{"7,Ann,small,£5,NaN,31/01/2017,,", "weight/type.decimal"},
           Case{"7,Ann,small,£5,100.01,31/01/2017,,", "weight/range"},
           Case{"7,Ann,small,£5,2.5,03-21-2015,,", "day/type.date"},
           Case{"7,Ann,small,£5,2.5,2015/03/21,,", "day/type.date"},
           Case{"7,Ann,small,£5,2.5,21_03_2015,,", "day/type.date"},
           Case{"7,Ann,small,£5,2.5,1/3/2015,,", "day/type.date"},
           Case{"7,Ann,small,£5,2.5,29/02/2015,,", "day/type.date"},
           Case{"7,Ann,small,£5,2.5,31/01/2017,2017-01-31,", "seen/type.timestamp"},
           Case{"7,Ann,small,£5,2.5,31/01/2017,,maybe", "Is good/type.boolean"},
           Case{at_limit.c_str(), "none"},
           Case{too_long.c_str(), "name/too_long"},
       }) {
    EXPECT_EQ(fault(c.row), c.expected) << c.row;
  }
  EXPECT_EQ(fault(std::string(kMaxRowBytes + 1, 'x')), "/too_long");
  EXPECT_EQ(fault(std::string_view("7,A\0n,small,£5,2.5,31/01/2017,,", 33)), "name/encoding");
}

TEST_F(RowReaderTest, TheReasonNamesTheColumnAndShowsTheValue) {
  EXPECT_EQ(read("7,Ann,small,£5,2.5,03-21-2015,,"),
            "day/type.date/day \"03-21-2015\" is not a date like %d/%m/%Y or %d-%m-%Y");
  EXPECT_THAT(read("7,Ann," + std::string(500, 'x') + ",£5,2.5,31/01/2017,,"), HasSubstr("xxx…\" is none of"));
}

TEST_F(RowReaderTest, ARefusedRowLeavesNothingBehind) {
  const std::string before = read("7,Ann,small,£5,2.5,31/01/2017,,");
  read("8,Bob,\"la\"\"rge\",£5,2.5,31/01/2017,,");
  EXPECT_EQ(read("7,Ann,small,£5,2.5,31/01/2017,,"), before);
}

TEST(RowReader, FindsItsColumnsInAnyOrder) {
  auto reader = RowReader::for_header(row_dataset(), "\"Is good\",day,price,id,name,weight,kind,seen");
  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  RowRecord record;
  RowRejection rejection;
  ASSERT_TRUE(reader->read("no,31/01/2017,£5,7,Ann,,,", record, rejection)) << rejection.reason;
  EXPECT_THAT(record.value, HasSubstr("{\"id\":7,\"name\":\"Ann\",\"kind\":null,\"price\":5.00"));
}

TEST(RowReader, AKeyOfOneColumnIsItsText) {
  std::string text = kRowDefinition;
  text.replace(text.find("[id, day]"), 9, "name");
  auto reader = RowReader::for_header(row_dataset(text), kHeader).value();
  RowRecord record;
  RowRejection rejection;
  ASSERT_TRUE(reader.read("7,\"say \"\"hi\"\"\",,£5,,31/01/2017,,", record, rejection));
  EXPECT_EQ(record.key, "say \"hi\"");
}

TEST(RowReader, AHeaderThatDoesNotFitSaysWhy) {
  const auto why = [](std::string_view header) {
    const auto reader = RowReader::for_header(row_dataset(), header);
    return reader ? "fits" : reader.error().message;
  };
  EXPECT_EQ(why("id,nmae,kind,price,weight,day,seen,Is good"),
            "the header does not fit the definition of things: missing \"name\"; unknown \"nmae\" (did you mean "
            "\"name\"?).");
  EXPECT_THAT(why("id,name,kind,price,weight,day,seen"), HasSubstr("missing \"Is good\""));
  EXPECT_THAT(why("id,name,kind,price,weight,day,seen,Is good,id"), HasSubstr("twice \"id\""));
  EXPECT_THAT(why("ID,name,kind,price,weight,day,seen,Is good"), HasSubstr("did you mean \"id\"?"));
  EXPECT_THAT(why("id;name;kind;price;weight;day;seen;Is good"), HasSubstr("separated by ';'"));
  EXPECT_THAT(why("id\tname\tkind\tprice\tweight\tday\tseen\tIs good"), HasSubstr("separated by tabs"));
  EXPECT_THAT(why("id,n\xff"), HasSubstr("not UTF-8"));
  EXPECT_THAT(why("\"id\"x,name"), HasSubstr("cannot be read"));
}

// Of a definition with the fields id, sum and count, all with a decimal comma, in this format.
std::string with_comma(const std::string& format, std::string_view header, std::string_view row) {
  auto reader = RowReader::for_header(row_dataset("dataset: things\nsource: { files: \"*\" }\nformat: " + format +
                                              "\nkey: id\nrecords: { postgres: {} }\nfields:\n"
                                              "  id: { type: string, required: true }\n"
                                              "  sum: { type: decimal, decimal_separator: \",\", quoted: true }\n"
                                              "  n: { type: integer, decimal_separator: \",\", quoted: true }\n"),
                                      header);
  RowRecord record;
  RowRejection rejection;
  return reader->read(row, record, rejection) ? record.value : rejection.reason;
}

TEST(RowReader, ReadsNumbersWithADecimalComma) {
  const std::string csv = "{ csv: { delimiter: \";\" } }";
  EXPECT_EQ(with_comma(csv, "id;sum;n", "a;1.234,50;1.000"), R"({"id":"a","sum":1234.5,"n":1000})");
  EXPECT_THAT(with_comma(csv, "id;sum;n", "a;1,234.50;1"), HasSubstr("with the decimal sign \",\""));
  EXPECT_THAT(with_comma(csv, "id;sum;n", "a;1;1,5"), HasSubstr("is not a whole number"));
  // What JSON itself calls a number is one of JSON.
  EXPECT_EQ(with_comma("ndjson", "", R"({"id":"a","sum":1.234,"n":"2.000"})"), R"({"id":"a","sum":1.234,"n":2000})");
}

TEST(PrintableRow, ShowsBytesThatAreNoText) {
  EXPECT_EQ(printable_row("90 €"), "90 €");
  EXPECT_EQ(printable_row("a\xff€\xe2\x82"), "a\\xff€\\xe2\\x82");
  // A NUL is UTF-8, but no column of Postgres holds it; in a file of UTF-16 a row may.
  EXPECT_EQ(printable_row(std::string_view("a\0b\0", 4)), "a\\x00b\\x00");
  EXPECT_EQ(printable_row(std::string_view("\0\0€\xff", 6)), "\\x00\\x00€\\xff");
}

}  // namespace
}  // namespace sluice
