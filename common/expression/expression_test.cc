// What expressions give, exactly; and what is refused before anything runs.
#include "common/expression/evaluator.h"

#include <gtest/gtest.h>

#include "common/expression/typing.h"

namespace sluice {
namespace {

// Columns of the rows below, with the row's cells.
struct Column {
  const char* name;
  ColumnType type;
  Cell cell;
  bool is_list = false;
};

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {
      {"title", ColumnType::kString, std::string_view("HEAT ÉTÉ")},
      {"year", ColumnType::kInteger, std::int64_t{1995}},
      {"budget", ColumnType::kInteger, std::int64_t{1}},
      {"revenue", ColumnType::kInteger, std::int64_t{3}},
      {"price", ColumnType::kDecimal, Decimal{1150, 2}},
      {"none", ColumnType::kInteger, Cell{}},
      {"missing", ColumnType::kString, Cell{}},
      {"zone", ColumnType::kString, std::string_view("Europe/Oslo")},
      {"names", ColumnType::kString, std::string_view(R"(["A","B; C"])"), true},
      {"day", ColumnType::kDate, Date{17167}},
      {"at", ColumnType::kTimestamp, Instant{1'483'288'496'000'000}},
      {"given", ColumnType::kBoolean, true}};
  return all;
}

Result<ExpressionPtr> expression(const std::string& text) {
  const auto syntax = parse_syntax(text);
  if (!syntax) return tl::unexpected<Error>(syntax.error());
  Names names;
  names.name = [](const std::string& name) -> Result<ExpressionPtr> {
    for (std::size_t i = 0; i < columns().size(); ++i) {
      const Column& c = columns()[i];
      if (c.name == name) return column_expression(i, c.type, true, c.is_list);
    }
    return fail("there is no column " + name);
  };
  return typed(*syntax, names);
}

std::string shown(const Cell& cell) {
  if (is_null(cell)) return "null";
  if (const auto* text = std::get_if<std::string_view>(&cell)) return std::string(*text);
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  if (const auto* decimal = std::get_if<Decimal>(&cell)) return to_string(*decimal);
  if (const auto* yes = std::get_if<bool>(&cell)) return *yes ? "true" : "false";
  if (const auto* date = std::get_if<Date>(&cell)) return to_string(*date);
  return to_string(std::get<Instant>(cell));
}

std::string value(const std::string& text) {
  const auto parsed = expression(text);
  if (!parsed) return "error: " + parsed.error().message;
  std::vector<Cell> row;
  for (const Column& column : columns()) row.push_back(column.cell);
  Evaluator evaluator;
  return shown(evaluator.cell(**parsed, row));
}

struct Case {
  const char* text;
  const char* gives;
};

class ExpressionGives : public ::testing::TestWithParam<Case> {};
TEST_P(ExpressionGives, WhatIsExpected) {
  EXPECT_EQ(value(GetParam().text), GetParam().gives) << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(
    All, ExpressionGives,
    ::testing::Values(
        Case{"budget / revenue", "0.333333"}, Case{"2 / revenue", "0.666667"},
        Case{"budget / revenue * 3", "1.000000"}, Case{"1 / 8 + 0.0000005", "0.125000"},
        Case{"price * 2", "23"}, Case{"price + 0.005", "11.505"}, Case{"-price", "-11.5"},
        Case{"1 + 2 * 3", "7"}, Case{"(1 + 2) * 3", "9"}, Case{"1 / none", "null"},
        Case{"1 / (year - 1995)", "null"}, Case{"none + 1", "null"},
        Case{"lower(title)", "heat été"}, Case{"lower(\"ŻÓŁĆ ΑΒΓ Привет\")", "żółć αβγ привет"},
        Case{"concat(title, \" (\", year, \" film)\")", "HEAT ÉTÉ (1995 film)"},
        Case{"concat(title, none)", "null"}, Case{"last_part(zone, \"/\")", "Oslo"},
        Case{"last_part(\"Oslo\", \"/\")", "Oslo"}, Case{"join(names, \"; \")", "A; B; C"},
        Case{"size(names)", "2"}, Case{"size(missing)", "error: \"size\" needs a list here"},
        Case{"year(day)", "2017"}, Case{"year(at)", "2017"}, Case{"hour(at)", "2017-01-01T16:00:00Z"},
        Case{"days_between(at, day)", "0"}, Case{"none == null", "true"}, Case{"year != null", "true"},
        Case{"missing == \"x\"", "false"}, Case{"missing != \"x\"", "true"},
        Case{"none < 1", "false"}, Case{"none != 1", "true"}, Case{"none == none", "true"},
        Case{"year >= 1995 and given", "true"}, Case{"not given or year < 1", "false"},
        Case{"if(given, \"yes\", \"no\")", "yes"}, Case{"if(none == 1, 1, 2.5)", "2.5"},
        Case{"coalesce(missing, title)", "HEAT ÉTÉ"}, Case{"coalesce(none, 3)", "3"},
        Case{"budget / revenue == 1 / 3", "true"},
        Case{"99999999999999999999999999999999999999 * 10", "null"},
        Case{"coalesce(99999999999999999999999999999999999999 * 10, 5)", "5"},
        Case{"coalesce(99999999999999999999999999999999999999 / 1, 1 / 2, 5)", "0.500000"},
        Case{"coalesce(1 / 0, 5)", "5.000000"}, Case{"9223372036854775807 + 1", "null"}));

class ExpressionRefuses : public ::testing::TestWithParam<Case> {};
TEST_P(ExpressionRefuses, WithASentence) {
  const auto parsed = expression(GetParam().text);
  ASSERT_FALSE(parsed.has_value()) << GetParam().text;
  EXPECT_NE(parsed.error().message.find(GetParam().gives), std::string::npos)
      << parsed.error().message;
}
INSTANTIATE_TEST_SUITE_P(
    All, ExpressionRefuses,
    ::testing::Values(
        Case{"title + 1", "needs a number"}, Case{"budget = 1", "\"==\" compares"},
        Case{"nope + 1", "no column nope"}, Case{"lower(1)", "needs a text"},
        Case{"lower(title, title)", "takes 1 arguments, not 2"}, Case{"title == 1", "different types"},
        Case{"if(year, 1, 2)", "needs a condition"}, Case{"if(given, 1, \"a\")", "not one type"},
        Case{"frobnicate(1)", "no function"}, Case{"1 +", "a value was expected at the end"},
        Case{"\"open", "no closing quote"}, Case{"(1", "\")\" was expected"},
        Case{"1 2", "nothing more"}, Case{"", "a value was expected"},
        Case{"lower(title where given)", "takes no by"}));

struct Nullable {
  const char* text;
  bool may_be_null;
};

class ExpressionKnows : public ::testing::TestWithParam<Nullable> {};
TEST_P(ExpressionKnows, WhetherItMayBeNull) {
  const auto parsed = expression(GetParam().text);
  ASSERT_TRUE(parsed.has_value()) << GetParam().text;
  EXPECT_EQ((*parsed)->nullable, GetParam().may_be_null) << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(
    All, ExpressionKnows,
    ::testing::Values(
        Nullable{"1", false}, Nullable{"null", true}, Nullable{"title", true}, Nullable{"1 / 2", true},
        // A sum or a product that does not fit is null.
        Nullable{"1 + 1", true}, Nullable{"1 - 1", true}, Nullable{"1.5 * 1.5", true},
        Nullable{"-1", false}, Nullable{"-1.5", false}, Nullable{"-size(names)", true},
        Nullable{"coalesce(year + 1, 0)", false}, Nullable{"coalesce(year, -1)", false},
        // So is a quotient with more than 32 digits before its point.
        Nullable{"coalesce(budget / revenue, 0)", false}, Nullable{"coalesce(budget / revenue, 0.5)", false},
        Nullable{"coalesce(budget / revenue, 99999999999999999999999999999999999999)", true},
        Nullable{"coalesce(budget / revenue, price)", true}, Nullable{"if(given, budget / revenue, 1)", true},
        Nullable{"if(given, 1, 2)", false}, Nullable{"if(given, title, \"x\")", true},
        Nullable{"concat(\"a\", 1)", false}, Nullable{"concat(\"a\", 1 + 1)", true},
        Nullable{"year == null", false}, Nullable{"not given", false}));

TEST(Expression, NestedTooDeeplyIsRefusedAndDoesNotEndTheProcess) {
  EXPECT_FALSE(parse_syntax(std::string(100'000, '(')).has_value());
  EXPECT_FALSE(parse_syntax(std::string(100'000, '-')).has_value());
}

TEST(Expression, EqualTreesHaveEqualTexts) {
  EXPECT_EQ(canonical_text(**expression("budget/revenue")),
            canonical_text(**expression("(budget) / revenue")));
  EXPECT_NE(canonical_text(**expression("budget / revenue")),
            canonical_text(**expression("revenue / budget")));
}

}  // namespace
}  // namespace sluice
