#include "common/rows/value_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using ::testing::HasSubstr;

std::string json(std::string_view text) {
  ValueTree tree;
  const auto root = tree.add_json(text);
  if (!root) return "error: " + root.error().message;
  std::string out;
  tree.append_json(*root, out);
  return out;
}

std::string python(std::string_view text) {
  const auto out = python_literal_to_json(text);
  return out ? *out : "error: " + out.error().message;
}

TEST(ValueTree, KeepsEveryNumberAsItIsWritten) {
  EXPECT_EQ(json(" [0.0305, 8.2e-05, -0, 1E+9, 99999999999999999999999999999999999999, 1e400] "),
            "[0.0305,8.2e-05,-0,1E+9,99999999999999999999999999999999999999,1e400]");
}

TEST(ValueTree, TakesAwayEscapes) {
  EXPECT_EQ(json(R"({"a\u00e9":"\"\\\/\b\f\n\r\t€\ud83d\ude00"})"),
            "{\"aé\":\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t€😀\"}");
}

TEST(ValueTree, EmptyAndNestedValues) {
  EXPECT_EQ(json(R"({"a":{},"b":[],"c":[[{"d":null}],true,false]})"),
            R"({"a":{},"b":[],"c":[[{"d":null}],true,false]})");
}

TEST(ValueTree, OfANameThatStandsTwiceTheLastCounts) {
  ValueTree tree;
  const auto root = tree.add_json(R"({"a":1,"b":[5],"a":2})").value();
  EXPECT_EQ(tree[tree.member(root, "a").value()].text, "2");
  EXPECT_FALSE(tree.member(root, "c").has_value());
}

TEST(ValueTree, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"", " ", "{", "}", "[", "]", "[1", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{a:1}", "{1:1}", "{\"a\":1}x", "01", "+1", "-", ".5", "5.", "1e", "1e+", "0x1", "NaN", "Infinity",
        "nul", "True", "'a'", "\"a", "\"\\", "\"\\u12", "\"\\uZZZZ\"", "\"\\x41\"", "\"\\u0000\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "\"a\tb\"", "(1,)", "None", "1,2",
        "\xff", "// x\n1"}) {
    EXPECT_THAT(json(text), HasSubstr("error: ")) << text;
  }
}

TEST(ValueTree, RefusesWhatIsNestedWithoutEnd) {
  EXPECT_THAT(json(std::string(100'000, '[')), HasSubstr("nested too deeply"));
  EXPECT_THAT(python(std::string(100'000, '(')), HasSubstr("nested too deeply"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_THAT(json(objects), HasSubstr("nested too deeply"));
}

TEST(ValueTree, IsUsedAgainAfterAFault) {
  ValueTree tree;
  EXPECT_FALSE(tree.add_json("{\"a\":[\"\\n\",").has_value());
  tree.clear();
  const auto root = tree.add_json("\"b\\n\"").value();
  EXPECT_EQ(root, 0U);
  EXPECT_EQ(tree[root].text, "b\n");
}

TEST(PythonLiteral, BecomesJson) {
  EXPECT_EQ(python("[{'id': 16, 'name': 'Animation'}, {'id': 35, 'name': \"L'amour\"}]"),
            R"([{"id":16,"name":"Animation"},{"id":35,"name":"L'amour"}])");
  EXPECT_EQ(python("{'a': None, 'b': True, 'c': False, 'd': (1, 2.5e-3,), 16: 'x', 'e': ()}"),
            R"({"a":null,"b":true,"c":false,"d":[1,2.5e-3],"16":"x","e":[]})");
  EXPECT_EQ(python("[]"), "[]");
}

TEST(PythonLiteral, ReadsPythonsEscapes) {
  EXPECT_EQ(python(R"('\'\"\\\n\t\x41\u00e9\U0001f600\101\q')"), "\"'\\\"\\\\\\n\\tAé😀A\\\\q\"");
}

TEST(PythonLiteral, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "[", "{'a'}", "{'a':}", "{'a':1", "null", "true", "nan", "'a", "'a' 'b'", "\"a", "'\\x4'", "'\\0'",
        "'\\U00110000'", "'\\ud800'", "__import__('os')", "1+1", "[1;2]", "{[1]: 2}", "b'a'", "'\\"}) {
    EXPECT_THAT(python(text), HasSubstr("error: ")) << text;
  }
}

}  // namespace
}  // namespace sluice
