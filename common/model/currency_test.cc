#include "common/model/currency.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Currency, KnowsTheDigitsBehindThePoint) {
  struct Case {
    const char* code;
    int digits;
  };
  for (const Case& c : {Case{"EUR", 2},
                        {"USD", 2},
                        {"GBP", 2},
                        {"CHF", 2},
                        {"AED", 2},
                        {"ZWL", 2},
                        {"JPY", 0},
                        {"KRW", 0},
                        {"ISK", 0},
                        {"XAU", 0},
                        {"BHD", 3},
                        {"TND", 3},
                        {"CLF", 4},
                        {"UYW", 4}}) {
    ASSERT_TRUE(minor_units(c.code).has_value()) << c.code;
    EXPECT_EQ(*minor_units(c.code), c.digits) << c.code;
  }
}

TEST(Currency, WhatIsNoCurrencyIsRefused) {
  for (const char* code :
       {"", "E", "EU", "EURO", "eur", "XXX", "XTS", "AAA", "ZZZ", "E R", "€", "123"}) {
    EXPECT_FALSE(minor_units(code).has_value()) << code;
  }
}

}  // namespace
}  // namespace sluice
