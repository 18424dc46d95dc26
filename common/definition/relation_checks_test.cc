// What would be silently wrong in a report is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/definition/definition_parser.h"

namespace sluice {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kSales = R"(dataset: sales
source: { files: "sales*.ndjson" }
format: ndjson
key: id
event_time: at
fields:
  id:     { type: integer, required: true }
  basket: { type: integer, required: true }
  at:     { type: timestamp, required: true }
  item:   { type: string, required: true }
  buyer:  { type: string }
  weight: { type: decimal, required: true }
  price:  { type: money, required: true }
  tip:    { type: money, required: true }
  tags:   { type: list, required: true }
reports:
  report:
)";

constexpr const char* kRates = R"(dataset: rates
source: { files: "rates*.ndjson" }
format: ndjson
key: item
fields:
  item: { type: string, required: true }
  cost: { type: money, required: true }
  tags: { type: list, required: true }
)";

std::vector<std::string> relation_errors(const std::string& definition) {
  static const Dataset rates = *parse_definition(kRates, "rates.yaml");
  std::vector<std::string> out;
  const auto parsed = parse_definition(definition, "x.yaml", {rates});
  if (!parsed) {
    for (const DefinitionError& e : parsed.error()) out.push_back(to_string(e));
  }
  return out;
}

std::vector<std::string> errors_of_report(const std::string& report) {
  std::string text = kSales;
  for (std::size_t at = 0; at < report.size();) {
    const std::size_t end = std::min(report.find('\n', at), report.size());
    text += "    " + report.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return relation_errors(text);
}

struct Case {
  const char *report, *expected;
};

const std::string kPairs = "pairs: { per: basket, of: item }\ngroup_by: [item_a, item_b]\n";
const std::string kRollup = "rollup: { per: basket, take: { items: count } }\n";

TEST(ReportOfPairs, HasOnlyItsTwoItems) {
  EXPECT_THAT(errors_of_report(kPairs + "measures: { n: count, share: n / all_baskets }"), IsEmpty());
  EXPECT_THAT(errors_of_report(kPairs + "measures: { n: count(where item_a != \"bag\") }"), IsEmpty());
  for (const Case& c : {
           Case{"measures: { n: sum(weight) }",
                "measures.n: \"weight\" is a column of the records; a row of `pairs:` has only item_a and item_b"},
           Case{"measures: { n: count(where basket > 1) }", "\"basket\" is a column of the records"},
           Case{"measures: { n: weight }", "\"weight\" is a column of the records"},
           Case{"compute: { double: weight * 2 }\nmeasures: { n: sum(double) }",
                "\"weight\" is a column of the records"},
           Case{"where: item_a != \"bag\"\nmeasures: { n: count }", "where: means nothing with `pairs:`"},
           Case{"window: { tumbling: month }\nmeasures: { n: count }",
                "window: a window needs the event time \"at\"; a row of `pairs:`"},
       }) {
    EXPECT_THAT(errors_of_report(kPairs + c.report), Contains(HasSubstr(c.expected))) << c.report;
  }
  EXPECT_THAT(errors_of_report("pairs: { per: basket, of: item }\ngroup_by: [basket]\nmeasures: { n: count }"),
              Contains(HasSubstr("group_by: \"basket\" is a column of the records")));
  EXPECT_THAT(errors_of_report("pairs: { per: basket, of: tags }\ngroup_by: [item_a]\nmeasures: { n: count }"),
              Contains(HasSubstr("pairs.of: needs a text")));
}

TEST(ReportOfARollup, HasOnlyWhatStandsInPerAndTake) {
  for (const char* good : {
           "group_by: [items]\nmeasures: { baskets: count }",
           "group_by: [basket]\nwhere: items > 2 and basket > 1\nmeasures: { all: sum(items) }",
       }) {
    EXPECT_THAT(errors_of_report(kRollup + good), IsEmpty()) << good;
  }
  EXPECT_THAT(errors_of_report("compute: { in_year: year(at) }\n"
                               "rollup: { per: in_year, take: { items: count } }\n"
                               "group_by: [in_year]\nmeasures: { all: sum(items) }"),
              IsEmpty())
      << "what is computed from `per` alone";
  EXPECT_THAT(errors_of_report("rollup: { per: [item, at], take: { items: count } }\n"
                               "window: { tumbling: month }\nmeasures: { all: sum(items) }"),
              IsEmpty())
      << "the event time is in `per`";
  for (const Case& c : {
           Case{"group_by: [item]\nmeasures: { n: count }",
                "group_by: \"item\" is a column of the records; a row of `rollup:` has only what stands in its "
                "`per:` and `take:`"},
           Case{"group_by: [items]\nmeasures: { n: sum(weight) }", "measures.n: \"weight\" is a column"},
           Case{"group_by: [items]\nwhere: weight > 1\nmeasures: { n: count }", "where: \"weight\" is a column"},
           Case{"compute: { light: items / weight }\ngroup_by: [items]\nmeasures: { n: count }",
                "compute.light: \"weight\" is a column"},
           Case{"compute: { items2: lower(item) }\ngroup_by: [items2]\nmeasures: { n: count }",
                "group_by: \"item\" is a column"},
           Case{"compute: { weight: items }\ngroup_by: [items]\nmeasures: { n: count }",
                "there is a column \"weight\" already"},
           Case{"window: { tumbling: day }\nmeasures: { n: count }", "a window needs the event time \"at\""},
       }) {
    EXPECT_THAT(errors_of_report(kRollup + c.report), Contains(HasSubstr(c.expected))) << c.report;
  }
}

TEST(Entities, AreToldApartByWhatIsNeverEmptyAndNoList) {
  const std::string rest = "\ngroup_by: [item]\nmeasures: { n: count }";
  for (const Case& c : {
           Case{"previous: { per: buyer, order: at, take: { before: at } }", "previous.per: may be empty"},
           Case{"previous: { per: tags, order: at, take: { before: at } }", "previous.per: is a list"},
           Case{"previous: { per: item, order: tags, take: { before: at } }", "previous.order: is a list"},
           Case{"trailing: { per: [], months: 3, count: recent }", "trailing.per: names no column"},
           Case{"lookup: { dataset: rates, key: [], match: [], take: { cost: cost } }", "lookup.key: names no column"},
           Case{"lookup: { dataset: rates, key: item, match_any: [], take: { cost: cost } }",
                "lookup.match_any: names no alternative"},
           Case{"lookup: { dataset: rates, key: tags, match: item, take: { cost: cost } }", "lookup.key: is a list"},
           Case{"lookup: { dataset: rates, key: item, match: tags, take: { cost: cost } }", "lookup.match: is a list"},
           Case{"lookup: { dataset: rates, key: item, match: item, pick: tags, take: { cost: cost } }",
                "lookup.pick: is a list"},
       }) {
    EXPECT_THAT(errors_of_report(c.report + rest), Contains(HasSubstr(c.expected))) << c.report;
  }
}

TEST(Lists, AreNeitherGroupsNorOrders) {
  for (const Case& c : {
           Case{"group_by: [tags]\nmeasures: { n: count }", "group_by: is a list; `explode:`"},
           Case{"group_by: [item]\nmeasures: { n: min(tags) }", "min(…) of a list"},
           Case{"group_by: [item]\nmeasures: { n: 'percentile(tags, 0.5)' }", "percentile(…) of a list"},
           Case{"group_by: [item]\nmeasures: { n: first(item by tags) }", "first(… by a list)"},
           Case{"group_by: [item]\nmeasures: { n: first(tags by at) }\ntop: { rows: 3, by: n }", "top.by: is a list"},
       }) {
    EXPECT_THAT(errors_of_report(c.report), Contains(HasSubstr(c.expected))) << c.report;
  }
}

TEST(Money, IsNeverAddedOverCurrenciesByAWayRound) {
  const std::string previous = "previous: { per: item, order: at, take: { price_before: price } }\n"
                               "group_by: [item]\n";
  EXPECT_THAT(errors_of_report(previous + "measures: { grown: count(where price > price_before) }"), IsEmpty());
  EXPECT_THAT(errors_of_report("group_by: [item, price_currency]\n"
                               "measures: { share: sum(price) / total(sum(price) per price_currency) }"),
              IsEmpty());
  for (const Case& c : {
           Case{"rollup: { per: item, take: { worth: sum(price) } }\ngroup_by: [item]\nmeasures: { n: sum(worth) }",
                "rollup.take.worth: is an amount of money"},
           Case{"lookup: { dataset: rates, key: item, match: item, take: { cost: cost } }\n"
                "group_by: [item]\nmeasures: { n: sum(cost) }",
                "measures.n: \"cost\" is an amount of money that was taken from another record"},
           Case{"group_by: [item]\nmeasures: { share: sum(price) / total(sum(price)) }",
                "a total of \"price\" needs its currency"},
           Case{"group_by: [item]\nmeasures: { all: sum(price) + sum(tip) }", "\"all\" is made of two amounts"},
       }) {
    EXPECT_THAT(errors_of_report(c.report), Contains(HasSubstr(c.expected))) << c.report;
  }
  EXPECT_THAT(errors_of_report(previous + "measures: { most: max(price_before) }"),
              Contains(HasSubstr("\"price_before\" is an amount of money")));
}

TEST(Report, SaysNothingTwiceAndLeavesNothingEmpty) {
  EXPECT_THAT(errors_of_report("group_by: [item]\nmeasures: { n: count }\ncolumns: [item, n, n]"),
              Contains(HasSubstr("columns: \"n\" stands here twice")));
  EXPECT_THAT(errors_of_report("group_by: [item]\nmeasures: { m: count, n: \"\" }"),
              Contains(HasSubstr("measures.n: in \"\": a value was expected")));
}

TEST(Source, NamesAFileAndTheDialectStandsInOnePlace) {
  const auto with = [](std::string_view what, std::string_view by) {
    std::string text = kRates;
    return relation_errors(text.replace(text.find(what), what.size(), by));
  };
  EXPECT_THAT(with("\"rates*.ndjson\"", "[]"), Contains(HasSubstr("source.files: names no pattern")));
  EXPECT_THAT(with("format: ndjson", "format: { csv: { quote: \"'\" } }\ncsv: { delimiter: ';' }"),
              Contains(HasSubstr("csv: say it in one place")));
}

}  // namespace
}  // namespace sluice
