#include "common/rows/field_parsers.h"

#include <gtest/gtest.h>

#include "common/model/currency.h"

namespace sluice {
namespace {

std::string money(std::string_view text, DecimalMark mark = DecimalMark::kByCurrency) {
  const auto read = parse_money(text, mark);
  return read ? to_string(read->amount) + " " + std::string(read->currency) : read.error().message;
}

TEST(Money, IsReadInEveryShapeThatPeopleWrite) {
  struct Case {
    const char *text, *expected;
  };
  for (const Case& c : {
           Case{"£11.30", "11.30 GBP"},
           Case{"90,04\u00a0€", "90.04 EUR"},
           Case{"87,36 €", "87.36 EUR"},
           Case{"87,36\u202f€", "87.36 EUR"},
           Case{"12,34€", "12.34 EUR"},
           Case{"56.78€", "56.78 EUR"},
           Case{"123€", "123.00 EUR"},
           Case{"€ 12,34", "12.34 EUR"},
           Case{"€12", "12.00 EUR"},
           Case{"$12.34", "12.34 USD"},
           Case{"US$12.34", "12.34 USD"},
           Case{"1.234,56 €", "1234.56 EUR"},
           Case{"1 234,56 €", "1234.56 EUR"},
           Case{"1\u202f234\u202f567,8 €", "1234567.80 EUR"},
           Case{"£1,234.56", "1234.56 GBP"},
           Case{"£1,234,567", "1234567.00 GBP"},
           Case{"1.234.567 €", "1234567.00 EUR"},
           Case{"CHF 1'200.-", "1200.00 CHF"},
           Case{"CHF 1\u2019200.50", "1200.50 CHF"},
           Case{"CHF 1'200.500", "1200.50 CHF"},
           Case{"1.200.- CHF", "1200.00 CHF"},
           Case{"1.200,- €", "1200.00 EUR"},
           Case{"5,\u2013 €", "5.00 EUR"},
           Case{"5,-- €", "5.00 EUR"},
           Case{"Fr. 12.50", "12.50 CHF"},
           Case{"Fr.50", "50.00 CHF"},
           Case{"EUR 12.30", "12.30 EUR"},
           Case{"12.30 EUR", "12.30 EUR"},
           Case{"EUR12,30", "12.30 EUR"},
           Case{"€12.30 EUR", "12.30 EUR"},
           Case{"¥1,200", "1200 JPY"},
           Case{"JPY 1200.5", "1200.5 JPY"},
           Case{"1.234 KWD", "1.234 KWD"},
           Case{"12,50 zł", "12.50 PLN"},
           Case{"R$ 12,50", "12.50 BRL"},
           Case{"£.50", "0.50 GBP"},
           Case{"  £5  ", "5.00 GBP"},
           Case{"0,123 €", "0.123 EUR"},
           Case{"£0.00", "0.00 GBP"},
           Case{"12,3456 €", "12.3456 EUR"},
           Case{"1234,567 $", "1234.567 USD"},
       }) {
    EXPECT_EQ(money(c.text), c.expected) << c.text;
  }
}

TEST(Money, MayBeNegativeInEveryUsualPlace) {
  for (const char* text : {"-£5.00", "£-5.00", "- £5", "£ -5", "5.00- GBP", "5.00 GBP-", "(£5.00)", "\u2212£5", "-5 GBP"}) {
    EXPECT_EQ(money(text), "-5.00 GBP") << text;
  }
  EXPECT_EQ(money("+5 €"), "5.00 EUR");
  EXPECT_EQ(money("--5 €"), "is not an amount");
  EXPECT_EQ(money("(-5 €)"), "is not an amount");
}

TEST(Money, AnAmbiguousSeparatorIsSettledByTheDefinition) {
  EXPECT_EQ(money("1,234 €"), "1.234 EUR");
  EXPECT_EQ(money("£1,234"), "1234.00 GBP");
  EXPECT_EQ(money("1.234 €"), "1234.00 EUR");
  EXPECT_EQ(money("£1.234"), "1.234 GBP");
  EXPECT_EQ(money("1,234 €", DecimalMark::kPoint), "1234.00 EUR");
  EXPECT_EQ(money("£1,234", DecimalMark::kComma), "1.234 GBP");
  EXPECT_EQ(money("1.234 €", DecimalMark::kPoint), "1.234 EUR");
  EXPECT_EQ(money("1,234.- €", DecimalMark::kComma), "1234.00 EUR") << "it says that it has no cents";
}

TEST(Money, WhatIsNotClearlyAnAmountIsNone) {
  for (const char* text : {"", " ", "€", "EUR", "-", "abc", "€ abc", "1,23,45 €", "1.234,567,8 €", "12 34 €", "1'23 €",
                           "1,2345.6 €", "12,34.56,78 €", "1..2 €", "1,.2 €", "1  234 €",
                           "1 ,234 €", "1, 234 €", "12, €", "€1 2", "12€34", "1e5 €", "0x10 €",
                           "12.34 €!", "€ 12 per head", "1.234'567 €", "(5 €", "kr 5", "123456789012345678901234567890123456789 €"}) {
    EXPECT_EQ(money(text), "is not an amount") << text;
  }
}

TEST(Money, HasAtMost38DigitsWithTheCurrencysCents) {
  const std::string digits36(36, '9'), digits37(37, '9');
  EXPECT_EQ(money(digits36 + " EUR"), digits36 + ".00 EUR");
  EXPECT_EQ(money(digits37 + " EUR"), "has more than 38 digits with those behind the point");
  EXPECT_EQ(money(digits37 + " JPY"), digits37 + " JPY");
}

TEST(Money, NeedsExactlyOneCurrencyOfTheList) {
  EXPECT_EQ(money("12.34"), "has no currency");
  EXPECT_EQ(money("1,234"), "has no currency");
  EXPECT_EQ(money("12.34 XYZ"), "has the currency XYZ, which is not in ISO 4217");
  EXPECT_EQ(money("XXX 5"), "has the currency XXX, which is not in ISO 4217");
  EXPECT_EQ(money("€5 GBP"), "has two currencies");
  EXPECT_EQ(money("5 eur"), "is not an amount");
  EXPECT_EQ(money("5 EURO"), "is not an amount");
}

TEST(Currency, KnowsTheMinorUnitsOfIso4217) {
  EXPECT_EQ(minor_units("EUR"), 2);
  EXPECT_EQ(minor_units("JPY"), 0);
  EXPECT_EQ(minor_units("TND"), 3);
  EXPECT_EQ(minor_units("CLF"), 4);
  EXPECT_EQ(minor_units("XDR"), 0);
  for (const char* none : {"", "EU", "EURO", "eur", "XYZ", "XXX", "E R", "AAA", "ZZZ"}) {
    EXPECT_EQ(minor_units(none), std::nullopt) << none;
  }
}

TEST(Integer, IsDigitsWithASignWithin64Bits) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("007"), 7);
  EXPECT_EQ(parse_integer("+7"), 7);
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
  for (const char* text : {"", "-", "+", "+-7", "--7", "7.0", "7e2", "1,000", "0x7", " 7", "7 ", "9223372036854775808"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(Boolean, IsAWordInAnyCase) {
  for (const char* text : {"true", "TRUE", "yes", "Yes", "1"}) EXPECT_EQ(parse_boolean(text), true) << text;
  for (const char* text : {"false", "False", "no", "NO", "0"}) EXPECT_EQ(parse_boolean(text), false) << text;
  for (const char* text : {"", "2", "tru", "on", "null"}) EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
}

TEST(Trimmed, TakesTheSpacesOfUnicodeToo) {
  EXPECT_EQ(trimmed(" \t\u00a05\u202f \u2009"), "5");
  EXPECT_EQ(trimmed(" \u00a0"), "");
  EXPECT_EQ(trimmed("a b"), "a b");
}

std::string separated(std::string_view text, char sign) {
  const auto value = parse_separated_decimal(text, sign);
  return value ? to_string(*value) : "none";
}

TEST(SeparatedDecimal, IsReadByItsDecimalSign) {
  struct Case {
    const char *text, *with_comma, *with_point;
  };
  for (const Case& c : {
           Case{"1.234,56", "1234.56", "none"},
           Case{"1,234.56", "none", "1234.56"},
           Case{"12,5", "12.5", "none"},
           Case{"12.5", "none", "12.5"},
           Case{"1,234", "1.234", "1234"},
           Case{"1.234", "1234", "1.234"},
           Case{"1234", "1234", "1234"},
           Case{"1.234.567,8", "1234567.8", "none"},
           Case{"1 234,5", "1234.5", "none"},
           Case{"1\u00a0234\u00a0567,5", "1234567.5", "none"},
           Case{"1\u202f234", "1234", "1234"},
           Case{"1'234.50", "none", "1234.50"},
           Case{"1\u2019234,50", "1234.50", "none"},
           Case{"-1.234,5", "-1234.5", "none"},
           Case{"+0,5", "0.5", "none"},
           Case{",5", "0.5", "none"},
           Case{"8,2e-05", "0.000082", "none"},
           // Groups that are none, two kinds of them, and what is no number.
           Case{"1234.567", "none", "1234.567"},
           Case{"12.34,5", "none", "none"},
           Case{"0.123", "none", "0.123"},
           Case{"1.234 567,8", "none", "none"},
           Case{"1,234,56", "none", "none"},
           Case{"1.234,56,7", "none", "none"},
           Case{"1,5 €", "none", "none"},
           Case{"--1", "none", "none"},
           Case{"-", "none", "none"},
           Case{",", "none", "none"},
           Case{".", "none", "none"},
           Case{"", "none", "none"},
           Case{"1.", "none", "1"},
           Case{"NaN", "none", "none"},
           Case{"123.456.789.012.345.678.901.234.567.890.123.456.789,5", "none", "none"},
       }) {
    EXPECT_EQ(separated(c.text, ','), c.with_comma) << c.text;
    EXPECT_EQ(separated(c.text, '.'), c.with_point) << c.text;
  }
}

TEST(SeparatedInteger, HasGroupsAndNoFraction) {
  EXPECT_EQ(parse_separated_integer("1.234.567", ','), 1'234'567);
  EXPECT_EQ(parse_separated_integer("-1 234", ','), -1234);
  EXPECT_EQ(parse_separated_integer("9,223,372,036,854,775,807", '.'), INT64_MAX);
  EXPECT_FALSE(parse_separated_integer("9,223,372,036,854,775,808", '.'));
  for (const char* text : {"1,0", "1,5", "1e3", "12.34", "", "x"}) {
    EXPECT_FALSE(parse_separated_integer(text, ',')) << text;
  }
}

}  // namespace
}  // namespace sluice
