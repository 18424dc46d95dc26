#include "common/base/decimal.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

Decimal d(std::string_view text) {
  const auto parsed = parse_decimal(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Decimal{});
}

TEST(Decimal, ReadsWhatItPrints) {
  for (const char* text :
       {"0", "7", "-7", "0.05", "-0.05", "12.50", "1234567890.123456789", "100",
        "99999999999999999999999999999999999999", "0.00000000000000000000000000000000000001"}) {
    EXPECT_EQ(to_string(d(text)), text);
  }
}

TEST(Decimal, ReadsExponentsExactly) {
  EXPECT_EQ(to_string(d("8.2e-05")), "0.000082");
  EXPECT_EQ(to_string(d("1.5E3")), "1500");
  EXPECT_EQ(to_string(d("12e+2")), "1200");
  EXPECT_EQ(to_string(d("0e10")), "0");
}

TEST(Decimal, RefusesWhatIsNoNumberOrHasTooManyDigits) {
  for (const char* text :
       {"", "-", "+", ".", "1.2.3", "1,2", "0x10", "NaN", "inf", "1e", "1e+", "1e1000", "1e39",
        " 1", "1 ", "--1", "999999999999999999999999999999999999999", "1e309"}) {
    EXPECT_FALSE(parse_decimal(text).has_value()) << text;
  }
}

TEST(Decimal, EqualValuesCompareEqualWhateverTheirScale) {
  EXPECT_EQ(d("1.50"), d("1.5"));
  EXPECT_EQ(d("-0"), d("0.000"));
  EXPECT_TRUE(compare(d("-2"), d("1")) < 0);
  EXPECT_TRUE(compare(d("0.1"), d("0.11")) < 0);
  EXPECT_TRUE(compare(d("99999999999999999999999999999999999999"),
                      d("0.00000000000000000000000000000000000001")) > 0);
  EXPECT_TRUE(compare(d("-99999999999999999999999999999999999999"),
                      d("-0.00000000000000000000000000000000000001")) < 0);
}

TEST(Decimal, AddsExactlyAndSaysWhenItCannot) {
  EXPECT_EQ(to_string(*add(d("0.1"), d("0.2"))), "0.3");
  EXPECT_EQ(to_string(*add(d("90.04"), d("9.96"))), "100.00");
  EXPECT_EQ(to_string(*add(d("5"), negate(d("5.25")))), "-0.25");
  EXPECT_FALSE(add(d("99999999999999999999999999999999999999"), d("1")).has_value());
  EXPECT_FALSE(add(d("99999999999999999999999999999999999999"), d("0.1")).has_value());
}

TEST(Decimal, AddsExactlyAlsoAtTheEdgeOf38Digits) {
  const auto sum = [](const char* a, const char* b) { return to_string(*add(d(a), d(b))); };
  EXPECT_EQ(sum("9999999999999999999999999999999999999.5", "0.5"),
            "10000000000000000000000000000000000000");
  EXPECT_EQ(
      sum("9999999999999999999999999999999999999.7", "9999999999999999999999999999999999999.3"),
      "19999999999999999999999999999999999999");
  EXPECT_EQ(
      sum("10000000000000000000000000000000000000", "-9999999999999999999999999999999999999.9"),
      "0.1");
}

TEST(Decimal, MultipliesExactlyAndSaysWhenItCannot) {
  EXPECT_EQ(to_string(*multiply(d("1.5"), d("-0.2"))), "-0.3");
  EXPECT_FALSE(multiply(d("99999999999999999999"), d("99999999999999999999")).has_value());
  // The product of the units has 77 digits, that of the values one.
  EXPECT_EQ(to_string(*multiply(d("0.00000000000000000000000000000000000005"),
                                d("40000000000000000000000000000000000000"))),
            "2");
}

TEST(Decimal, DividesToTheWantedPlacesHalfToEven) {
  struct Case {
    const char *a, *b;
    int places;
    const char* quotient;
  };
  for (const Case& c :
       {Case{"67330.96", "1359", 6, "49.544489"},
        {"1", "3", 6, "0.333333"},
        {"2", "3", 6, "0.666667"},
        {"1", "8", 2, "0.12"},
        {"3", "8", 2, "0.38"},
        {"-1", "8", 2, "-0.12"},
        {"9", "2", 0, "4"},
        {"11", "2", 0, "6"},
        {"7", "2", 0, "4"},
        {"0.125", "1", 2, "0.12"},
        {"0.1251", "1", 2, "0.13"},
        {"1", "99999999999999999999999999999999999999", 2, "0.00"},
        {"0", "5", 3, "0.000"},
        {"100000000000000000000000000000", "3", 6, "33333333333333333333333333333.333333"}}) {
    const auto quotient = divide(d(c.a), d(c.b), c.places);
    ASSERT_TRUE(quotient.has_value()) << c.a << "/" << c.b;
    EXPECT_EQ(to_string(*quotient), c.quotient) << c.a << "/" << c.b;
  }
  EXPECT_FALSE(divide(d("1"), d("0.00"), 6).has_value());
}

TEST(Decimal, HasOneCanonicalForm) {
  EXPECT_EQ(to_string(canonical(d("12.500"), 2)), "12.50");
  EXPECT_EQ(to_string(canonical(d("12"), 2)), "12.00");
  EXPECT_EQ(to_string(canonical(d("12.5009"), 2)), "12.5009");
  EXPECT_EQ(to_string(canonical(d("0.000"))), "0");
}

TEST(Decimal, KnowsItsWidth) {
  EXPECT_EQ(width(d("123.4500")).integer_digits, 3);
  EXPECT_EQ(width(d("123.4500")).fraction_digits, 2);
  EXPECT_EQ(width(d("0.05")).integer_digits, 0);
}

}  // namespace
}  // namespace sluice
