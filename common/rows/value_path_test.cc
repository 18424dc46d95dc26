#include "common/rows/value_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using ::testing::HasSubstr;

// "text", with n, b or j before it for a number, a boolean or nested JSON; "error: why".
std::string find(std::string_view path, std::string_view json) {
  ValueTree tree;
  std::string scratch;
  const auto root = tree.add_json(json).value();
  const auto cell = ValuePath::parse(path).value().find(tree, root, scratch);
  if (!cell) return "error: " + cell.error().message;
  const char* kind = cell->kind == CellKind::kNumber    ? "n "
                     : cell->kind == CellKind::kBoolean ? "b "
                     : cell->kind == CellKind::kNested  ? "j "
                                                        : "";
  return kind + std::string(cell->text);
}

// The same for a field of type list.
std::string find_list(std::string_view path, std::string_view json) {
  ValueTree tree;
  std::string scratch;
  const auto root = tree.add_json(json).value();
  const auto cell = ValuePath::parse(path, true).value().find(tree, root, scratch);
  return cell ? std::string(cell->text) : "error: " + cell.error().message;
}

TEST(ValuePath, GoesDownThroughObjects) {
  constexpr std::string_view kRow = R"({"a":"x","b":{"c":{"d":0.50},"e":true},"f":null,"g":[1, 2]})";
  EXPECT_EQ(find("a", kRow), "x");
  EXPECT_EQ(find("b.c.d", kRow), "n 0.50");
  EXPECT_EQ(find("b.e", kRow), "b true");
  EXPECT_EQ(find("b.c", kRow), "j {\"d\":0.50}");
  EXPECT_EQ(find("g", kRow), "j [1,2]");
}

TEST(ValuePath, WhatIsMissingOrBelowANullIsNull) {
  EXPECT_EQ(find("a.b.c", R"({"a":null})"), "");
  EXPECT_EQ(find("a.b.c", R"({"a":{}})"), "");
  EXPECT_EQ(find("a", R"({})"), "");
  EXPECT_EQ(find("a[].b", R"({"a":null})"), "");
  EXPECT_EQ(find("count(a)", R"({"a":null})"), "n ");
}

TEST(ValuePath, ANameWithDotsIsTriedAsItStands) {
  EXPECT_EQ(find("properties.rating", R"({"properties.rating":"5","properties":{"rating":"1"}})"), "5");
  EXPECT_EQ(find("a.b.c", R"({"a.b":{"c":1}})"), "n 1");
  EXPECT_EQ(find("a.b.c", R"({"a":{"b.c":2}})"), "n 2");
}

TEST(ValuePath, StepsIntoATextThatHoldsJson) {
  constexpr std::string_view kRow =
      R"({"user":{"token":"{\"vendors\":{\"enabled\":[]},\"purposes\":{\"enabled\":[\"a\",\"b\"]}}"}})";
  EXPECT_EQ(find("user.token.purposes.enabled", kRow), "j [\"a\",\"b\"]");
  EXPECT_EQ(find("user.token.purposes.enabled[]", kRow), "a; b");
  EXPECT_EQ(find("count(user.token.purposes.enabled)", kRow), "n 2");
  EXPECT_EQ(find("count(user.token.vendors.enabled)", kRow), "n 0");
  EXPECT_EQ(find("user.token.purposes.disabled", kRow), "");
}

TEST(ValuePath, OfAListFieldGivesAnArrayOfTexts) {
  constexpr std::string_view kRow =
      R"({"c":[{"name":"Pixar \"A\""},{"id":4},{"name":null},{"name":7}],"d":["x","y"],"e":[],"f":"x"})";
  EXPECT_EQ(find_list("c[].name", kRow), R"(["Pixar \"A\"","7"])");
  EXPECT_EQ(find_list("d", kRow), R"(["x","y"])");
  EXPECT_EQ(find_list("d[]", kRow), R"(["x","y"])");
  EXPECT_EQ(find_list("e", kRow), "[]");
  EXPECT_EQ(find_list("g", kRow), "");
  EXPECT_THAT(find_list("f", kRow), HasSubstr("has a text where a list must stand"));
  EXPECT_FALSE(ValuePath::parse("count(d)", true)) << "a number is no list";
}

TEST(ValuePath, JoinsWhatAListHolds) {
  constexpr std::string_view kRow =
      R"({"c":[{"name":"Pixar","id":3},{"id":4},{"name":null},{"name":"TriStar"}],"d":[[1],[2,3]]})";
  EXPECT_EQ(find("c[].name", kRow), "Pixar; TriStar");
  EXPECT_EQ(find("count(c[].name)", kRow), "n 2");
  EXPECT_EQ(find("count(c)", kRow), "n 4");
  EXPECT_EQ(find("c[].none", kRow), "");
  EXPECT_EQ(find("d[]", kRow), "[1]; [2,3]");
}

TEST(ValuePath, SaysWhatIsOfTheWrongKind) {
  EXPECT_THAT(find("a.b", R"({"a":5})"), HasSubstr("error: has a number where an object with \"b\""));
  EXPECT_THAT(find("a.b", R"({"a":"no json"})"), HasSubstr("error: holds a text that is no JSON"));
  EXPECT_THAT(find("a.b", R"({"a":"[]"})"), HasSubstr("error: has a list"));
  EXPECT_THAT(find("a[].b", R"({"a":{}})"), HasSubstr("error: has an object where a list"));
  EXPECT_THAT(find("count(a)", R"({"a":"x"})"), HasSubstr("error: has a text where a list"));
}

TEST(ValuePath, RefusesEmptyNames) {
  for (const std::string_view path : {"", ".", "a.", ".a", "a..b", "[]", "a.[]", "count()"}) {
    EXPECT_FALSE(ValuePath::parse(path).has_value()) << path;
  }
}

TEST(ValuePath, TheTailIsAppliedToTheHeadsValue) {
  ValueTree tree;
  std::string scratch;
  const auto path = ValuePath::parse("companies[].name").value();
  EXPECT_EQ(path.head(), "companies");
  const auto root = tree.add_python("[{'name': 'A'}, {'name': 'B'}]").value();
  EXPECT_EQ(path.tail().find(tree, root, scratch).value().text, "A; B");
  tree.clear();
  const auto count = ValuePath::parse("count(companies)").value();
  EXPECT_EQ(count.tail().find(tree, tree.add_python("(1, 2, 3)").value(), scratch).value().text, "3");
}

}  // namespace
}  // namespace sluice
