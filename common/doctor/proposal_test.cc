#include "common/doctor/proposal.h"

#include <gmock/gmock.h>

#include "common/base/text_bytes.h"
#include "common/definition/definition_parser.h"
#include "common/doctor/diagnose.h"

namespace sluice::doctor {
namespace {

using testing::HasSubstr;

struct ProposalCase {
  const char* what;
  const char* file;
  const char* text;
  std::uint64_t records;               // that become of it by the proposal
  std::vector<const char*> lines;      // in the proposal
};

const std::vector<ProposalCase>& cases() {
  static const std::vector<ProposalCase> all = {
      {"CSV with semicolons, money, two date formats and an id",
       "bookings_1.csv",
       "booking_id;amount;date;guests;client name\n"
       "x1;87,36 €;31/01/2017;2;Ann\n"
       "x2;£29.40;01-02-2017;3;\n"
       "x3;1.234,56 €;15/03/2017;1;Bob\n",
       3,
       {"dataset: bookings\n", "source: { files: \"bookings_*.csv\" }\n",
        "format: { csv: { delimiter: \";\" } }\n", "key: booking_id\n", "event_time: date\n",
        "{ type: money, required: true }", "formats: [\"%d/%m/%Y\", \"%d-%m-%Y\"]",
        "client_name: { type: string, from: \"client name\" }", "{ type: integer, required: true }"}},
      {"decimal commas, thousands, and a column that does not say which sign is the decimal one",
       "preise.csv",
       "nr;preis;menge;gewicht\n1;1.234,50;1.000.000;1,234\n2;0,99;12;2,500\n",
       2,
       {"preis:   { type: decimal, required: true, decimal_separator: \",\" }\n",
        "menge:   { type: integer, required: true, decimal_separator: \",\" }\n",
        "gewicht: { type: decimal, required: true, decimal_separator: \",\" }  # or the other sign: no value tells"}},
      {"CSV without a header",
       "7.csv",
       "1,2.5,ab\n2,3.5,cd\n",
       2,
       {"files: \"7.csv\"", "header: false", "column_1: { type: integer, required: true }",
        "column_2: { type: decimal, required: true }"}},
      {"a title, a date and a blank line above the header",
       "report.csv",
       "Sales, all shops\nas of 31.01.2024\n\nshop;sold;price\na;3;1,50\nb;4;2,75\nc;5;0,99\n",
       3,
       {"format: { csv: { delimiter: \";\", skip_lines: 3 } }\n", "shop:  { type: string, required: true }\n"}},
      {"a title and a date that a spreadsheet wrote as wide as the table",
       "report.csv",
       "Sales;;;\r\n;;;\r\nas of;2024-01-31;;\r\nshop;sold;price;note\r\na;3;1;x\r\nb;4;2;y\r\nc;5;9;\r\n",
       3,
       {"skip_lines: 3", "sold:  { type: integer, required: true }\n"}},
      {"Excel's own line above the header",
       "excel.csv",
       "sep=|\r\nid|text\r\n1|a;b\r\n2|c;d\r\n",
       2,
       {"format: { csv: { delimiter: \"|\" } }\n", "key: id\n"}},
      {"Excel's own line and a title above the header",
       "excel.csv",
       "sep=;\r\nReport\r\nid;text\r\n1;a\r\n2;b\r\n",
       2,
       {"skip_lines: 2", "key: id\n"}},
      {"text in a column that begins late, which is no title",
       "notes.csv",
       "id,note,n\n1,a,1\n2,b,2\n3,c;d,3\n4,e;f,4\n5,g;h,5\n6,i;j,6\n",
       6,
       {"format: csv\n", "key: id\n"}},
      {"tabs, single quotes, a column without a name, codes with leading zeros",
       "codes.tsv",
       "\tcode\ttext\n0\t007\t'a\tb'\n1\t008\t'c'\n",
       2,
       {"delimiter: tab", "quote: \"'\"", "other_columns: ignore",
        "code: { type: string, required: true }"}},
      {"a key of two columns",
       "stock.csv",
       "shop,item,count\na,x,1\na,y,1\nb,x,1\nb,y,1\n",
       4,
       {"key: [shop, item]\n"}},
      {"NDJSON with nested objects, lists, nulls and timestamps",
       "events-2021.json",
       "{\"id\":\"a\",\"user\":{\"country\":\"FR\",\"tags\":[\"x\",\"y\"]},\"at\":\"2021-01-23 10:00:00\",\"n\":1,"
       "\"parts\":[{\"a\":1}]}\n"
       "{\"id\":\"b\",\"user\":null,\"at\":\"2021-01-23 11:00:00\",\"n\":2.5,\"ok\":true,\"parts\":[]}\n",
       2,
       {"format: ndjson\n", "user_country: { type: string, from: \"user.country\" }",
        "{ type: list, from: \"user.tags\" }", "formats: [\"%Y-%m-%d %H:%M:%S\"]",
        "{ type: decimal, required: true }", "{ type: boolean }", "# \"parts\" is a list of objects"}},
      {"a JSON array over several lines",
       "films.json",
       "[\n  {\n \"Film-Id\": 1,\n \"title\": \"Heat\"\n },\n {\"Film-Id\": 2, \"title\": \"Ran\"}\n]\n",
       2,
       {"format: json\n", "film_id: { type: integer, required: true, from: \"Film-Id\" }"}},
      {"repeated XML elements with attributes and elements in elements",
       "pages.xml",
       "<?xml version=\"1.0\"?>\n<feed><doc id=\"1\"><title>A</title><links><n>3</n></links></doc>"
       "<doc id=\"2\"><title>B</title><links><n>4</n></links></doc></feed>",
       2,
       {"format: { xml: { row: \"doc\" } }", "id: ", "from: \"@id\"", "from: \"links/n\""}},
      {"names that are none, and two that become one",
       "odd.csv",
       "1st,A B,a_b,null,Zoë\nx,1,2,3,4\ny,2,3,4,5\n",
       2,
       {"a_b: ", "a_b_2: ", "null_: ", "from: \"Zoë\""}},
      {"values that are the same in all rows of a file", "same.csv", "a,b\n1,2\n1,2\n", 1, {"key: a\n"}},
      {"a day and a month that could be changed", "days.csv", "id,day\n1,01/02/2020\n2,03/04/2020\n", 2,
       {"formats: [\"%d/%m/%Y\"] }  # or \"%m/%d/%Y\": no value tells the order\n"}},
      {"years of two digits, where only one order reads all", "days.csv", "id,day\n1,25/12/98\n2,03/04/05\n", 2,
       {"day: { type: date, required: true, formats: [\"%d/%m/%y\"] }\n"}},
      {"years of two digits, where nothing tells which is the year", "days.csv", "id,day\n1,01-02-03\n2,04-05-06\n", 2,
       {"formats: [\"%d-%m-%y\"] }  # or \"%m-%d-%y\" or \"%y-%m-%d\": no value tells the order\n"}},
      {"a time with a year of two digits", "times.csv", "id,at\n1,12/25/21 10:00\n2,01/31/22 11:30\n", 2,
       {"at: { type: timestamp, required: true, formats: [\"%m/%d/%y %H:%M\"] }"}},
      {"years of four digits", "days.csv", "id,day\n1,25.12.1998\n2,30.04.2005\n", 2,
       {"formats: [\"%d.%m.%Y\"]"}},
      {"one column", "words.txt", "word\nalpha\nbeta\n", 2, {"dataset: words\n", "key: word\n"}},
  };
  return all;
}

TEST(Proposal, PassesTheCheckerAndReadsTheFileItWasMadeFor) {
  for (const ProposalCase& one : cases()) {
    SCOPED_TRACE(one.what);
    TextBytes bytes(one.text);
    const Diagnosis d = diagnose(bytes, one.file, nullptr, {});
    EXPECT_EQ(d.error, "") << d.proposal;
    EXPECT_EQ(d.records, one.records) << d.proposal;
    EXPECT_EQ(d.dead_letters, 0U) << (d.first_dead_letters.empty()
                                          ? d.proposal
                                          : d.first_dead_letters[0].why.reason + "\n" + d.proposal);
    for (const char* line : one.lines) EXPECT_THAT(d.proposal, HasSubstr(line));
    const auto parsed = parse_definition(d.proposal, "proposal.yaml");
    ASSERT_TRUE(parsed) << to_string(parsed.error().front());
    EXPECT_TRUE(takes_file(*parsed, one.file));
  }
}

TEST(Proposal, ItsNameIsNoneThatThereIs) {
  const auto proposal = propose("bookings.csv", "a,b\nx,y\n", true, {"bookings", "bookings_2"});
  ASSERT_TRUE(proposal);
  EXPECT_THAT(*proposal, HasSubstr("dataset: bookings_3\n"));
}

TEST(Proposal, AFewBrokenValuesDoNotDecide) {
  std::string text = "id,n\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i) + "," + (i == 50 ? "oops" : "7") + "\n";
  const auto proposal = propose("some.csv", text, true, {});
  ASSERT_TRUE(proposal);
  EXPECT_THAT(*proposal, HasSubstr("n:  { type: integer, required: true }"));
}

TEST(Proposal, AColumnNamedAsAKeyIsOneAlsoWhereAFewRowsRepeatIt) {
  std::string text = "booking_id,guest,day\n";
  for (int i = 0; i < 199; ++i) text += std::to_string(i) + ",guest " + std::to_string(i % 50) + ",2020-01-01\n";
  const auto proposal = propose("some.csv", text + "7,another,2020-01-01\n", true, {});
  ASSERT_TRUE(proposal);
  EXPECT_THAT(*proposal, HasSubstr("key: booking_id  # 1 of 200 rows repeat it with other content, and would correct the "
                                   "row before; [booking_id, guest] tells all apart\n"));
  const auto whole = propose("some.csv", text + "7,guest 7,2020-01-01\n", true, {});
  EXPECT_THAT(*whole, HasSubstr("key: booking_id\n")) << "the same row again is a duplicate";
}

TEST(Proposal, AColumnNamedAsAKeyThatOftenRepeatsIsNone) {
  std::string text = "order_id,line\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i / 2) + "," + std::to_string(i % 2) + "\n";
  const auto proposal = propose("some.csv", text, true, {});
  ASSERT_TRUE(proposal);
  EXPECT_THAT(*proposal, HasSubstr("key: [order_id, line]\n"));
}

TEST(Proposal, TellsWhichValuesItRefuses) {
  std::string text = "id,n,day\n";
  for (int i = 0; i < 98; ++i) text += std::to_string(i) + ",7,2020-01-01\n";
  text += "98,n/a,2020-01-01\n99,n/a,unknown\nonly one cell\n";
  TextBytes bytes(text);
  const Diagnosis d = diagnose(bytes, "some.csv", nullptr, {});
  EXPECT_THAT(d.proposal, HasSubstr("# Rows beside them with another number of columns, which are refused: 1.\n"));
  EXPECT_THAT(d.proposal, HasSubstr("n:   { type: integer, required: true }  # 2 of 100 values do not fit, such as "
                                    "\"n/a\": their rows are refused\n"));
  EXPECT_THAT(d.proposal, HasSubstr("  # 1 of 100 values do not fit, such as \"unknown\""));
  EXPECT_THAT(d.warnings, testing::ElementsAre("The proposed definition would refuse 2 of 101 rows for what stands in "
                                               "\"n\"."));
}

TEST(Proposal, WarnsOfAKeyThatManyRowsOfTheFileRepeat) {
  std::string text = "id,n\n";
  for (int i = 0; i < 3000; ++i) text += std::to_string(i) + "," + std::to_string(i % 7) + "\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i) + ",8\n";  // beyond what was looked at
  TextBytes bytes(text);
  const Diagnosis d = diagnose(bytes, "some.csv", nullptr, {});
  EXPECT_THAT(d.warnings, testing::ElementsAre(HasSubstr("100 of 3100 rows have the proposed key of an earlier one")));
}

TEST(Proposal, WhatHoldsNoRowsGetsNoneAndASentence) {
  for (const char* text : {"{", "[]", "<a>", "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "a,b\n", "\n\n"}) {
    const auto proposal = propose("some.txt", text, true, {});
    ASSERT_FALSE(proposal) << *proposal;
    EXPECT_TRUE(proposal.error().message.ends_with('.')) << proposal.error().message;
  }
}

}  // namespace
}  // namespace sluice::doctor
