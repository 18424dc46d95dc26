#include "common/definition/glob_overlap.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(GlobOverlap, GivesAShortestNameThatBothTake) {
  struct Case {
    const char *a, *b, *name;
  };
  for (const Case& c : {
           Case{"bookings*.csv", "*2017.csv", "bookings2017.csv"},
           Case{"bookings*.csv", "bookings.csv", "bookings.csv"},
           Case{"part-?.json", "*.json", "part-a.json"},
           Case{"part-[0-9].json", "*.json", "part-0.json"},
           Case{"[!a-z]x", "[^b]x", "0x"},
           Case{"a[]]b", "a?b", "a]b"},
           Case{"a[[:digit:]]", "a*", "a0"},
           Case{"a[b", "a\\[b", "a[b"},
           Case{"*", "*", "a"},
           Case{"*.a", "*.a", "a.a"},
           Case{"a*b*c", "*bb*", "abbc"},
           Case{"ab*ba", "aba*", "ababa"},
           Case{"**?", "?", "a"},
       }) {
    EXPECT_EQ(name_in_both(c.a, c.b), c.name) << c.a << " " << c.b;
    EXPECT_EQ(name_in_both(c.b, c.a).value_or("").size(), std::string(c.name).size()) << c.a << " " << c.b;
  }
}

TEST(GlobOverlap, ANameMayHoldAnyByteButNulAndSlash) {
  const std::string_view nul("\0", 1);
  EXPECT_EQ(name_in_both("*\x01", "?"), "\x01");
  EXPECT_EQ(name_in_both(nul, nul), std::nullopt);
  EXPECT_EQ(name_in_both(nul, "*"), std::nullopt);
  EXPECT_EQ(name_in_both("/a", "*"), std::nullopt) << "patterns are for names, not for paths";
}

TEST(GlobOverlap, ThereMayBeNone) {
  struct Case {
    const char *a, *b;
  };
  for (const Case& c : {Case{"bookings*.csv", "orders*.csv"}, Case{"*.csv", "*.json"}, Case{"a?", "a"},
                        Case{"[0-9]*", "[a-z]*"}, Case{"", "*"}, Case{"", ""}, Case{".x", "*x"}, Case{".x", ".x"}}) {
    EXPECT_EQ(name_in_both(c.a, c.b), std::nullopt) << c.a << " " << c.b;
  }
}

TEST(GlobOverlap, LongPatternsTakeNoLong) {
  std::string stars;
  for (int i = 0; i < 400; ++i) stars += "*a";
  EXPECT_EQ(name_in_both(stars, stars + "*").value_or("").size(), 400U);
  EXPECT_EQ(name_in_both(std::string(2000, '?'), std::string(2000, '?')), std::nullopt) << "not looked for";
}

}  // namespace
}  // namespace sluice
