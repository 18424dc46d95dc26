// Decimals against whole numbers of any size (Boost.Multiprecision): every operation gives the
// exact result where it fits in 38 digits, and says so where it does not.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>

#include "common/base/bytes.h"
#include "common/base/decimal.h"

namespace sluice {
namespace {

using Big = boost::multiprecision::cpp_int;

Big power(int n) { return boost::multiprecision::pow(Big(10), static_cast<unsigned>(n)); }

Big big(__int128 v) {
  const bool negative = v < 0;
  const auto size = static_cast<unsigned __int128>(negative ? -v : v);
  Big out = static_cast<std::uint64_t>(size >> 64);
  out = (out << 64) + static_cast<std::uint64_t>(size);
  return negative ? Big(-out) : out;
}

// The value times 10^76, which is whole for every Decimal and every product of two.
constexpr int kOracleScale = 76;
Big value_of(const Decimal& v) { return big(v.units) * power(kOracleScale - v.scale); }

// Whether a value (times 10^76) has a form of at most 38 digits and a scale of 0..38.
bool fits(Big value) {
  if (value % power(kOracleScale - kMaxDecimalDigits) != 0) return false;
  int scale = kOracleScale;
  for (; scale > 0 && value % 10 == 0; --scale) value /= 10;
  return abs(value) < power(kMaxDecimalDigits);
}

// All widths and scales alike; often with zeros at the end, and often as wide as can be.
rc::Gen<Decimal> decimals() {
  return rc::gen::exec([] {
    const int digits = *rc::gen::oneOf(rc::gen::inRange(0, 39), rc::gen::inRange(34, 39));
    const int zeros = *rc::gen::oneOf(rc::gen::just(0), rc::gen::inRange(0, digits + 1));
    __int128 units = 0;
    for (int i = 0; i < digits - zeros; ++i) units = units * 10 + *rc::gen::inRange(0, 10);
    for (int i = 0; i < zeros; ++i) units *= 10;
    const int scale = *rc::gen::inRange(0, kMaxDecimalDigits + 1);
    return Decimal{*rc::gen::arbitrary<bool>() ? -units : units, scale};
  });
}

}  // namespace

// How RapidCheck prints a counterexample.
static void showValue(const Decimal& value, std::ostream& out) { out << to_string(value); }

}  // namespace sluice

namespace rc {
template <>
struct Arbitrary<sluice::Decimal> {
  static Gen<sluice::Decimal> arbitrary() { return sluice::decimals(); }
};
}  // namespace rc

namespace sluice {
namespace {

RC_GTEST_PROP(DecimalProperty, ASumIsExactOrRefused, (const Decimal& a, const Decimal& b)) {
  const Big expected = value_of(a) + value_of(b);
  const auto sum = add(a, b);
  RC_ASSERT(sum.has_value() == fits(expected));
  if (sum) RC_ASSERT(value_of(*sum) == expected);
}

RC_GTEST_PROP(DecimalProperty, WhatIsAddedCanBeTakenBack, (const Decimal& a, const Decimal& b)) {
  const auto sum = add(a, b);
  RC_PRE(sum.has_value());
  const auto back = add(*sum, negate(b));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == a);
}

RC_GTEST_PROP(DecimalProperty, AProductIsExactOrRefused, (const Decimal& a, const Decimal& b)) {
  const Big expected = big(a.units) * big(b.units) * power(kOracleScale - a.scale - b.scale);
  const auto product = multiply(a, b);
  RC_ASSERT(product.has_value() == fits(expected));
  if (product) RC_ASSERT(value_of(*product) == expected);
}

RC_GTEST_PROP(DecimalProperty, AQuotientIsRoundedHalfToEven, (const Decimal& a, const Decimal& b)) {
  RC_PRE(!b.is_zero());
  const int places = *rc::gen::inRange(0, kMaxDecimalDigits + 1);
  const Big top = abs(big(a.units)) * power(places + b.scale);
  const Big bottom = abs(big(b.units)) * power(a.scale);
  Big expected = top / bottom;
  const Big twice = (top % bottom) * 2;
  if (twice > bottom || (twice == bottom && expected % 2 != 0)) ++expected;
  const auto quotient = divide(a, b, places);
  RC_ASSERT(quotient.has_value() == (expected < power(kMaxDecimalDigits)));
  if (!quotient) return;
  if ((a.units < 0) != (b.units < 0)) expected = -expected;
  RC_ASSERT(quotient->scale == places);
  RC_ASSERT(big(quotient->units) == expected);
}

RC_GTEST_PROP(DecimalProperty, TheOrderIsThatOfTheValues, (const Decimal& a, const Decimal& b)) {
  const int expected = value_of(a).compare(value_of(b));
  const auto order = compare(a, b);
  RC_ASSERT((order < 0) == (expected < 0));
  RC_ASSERT((order == 0) == (expected == 0));
  RC_ASSERT((a == b) == (expected == 0));
}

RC_GTEST_PROP(DecimalProperty, EqualValuesHaveOneCanonicalForm, (const Decimal& a)) {
  const int zeros = *rc::gen::inRange(0, kMaxDecimalDigits);
  Decimal other = a;
  for (int i = 0; i < zeros && fits(value_of(other)) && other.scale < kMaxDecimalDigits; ++i) {
    if (abs(big(other.units)) * 10 >= power(kMaxDecimalDigits)) break;
    other = {other.units * 10, other.scale + 1};
  }
  RC_ASSERT(to_string(canonical(other)) == to_string(canonical(a)));
  RC_ASSERT(value_of(canonical(a, 2)) == value_of(a));
}

RC_GTEST_PROP(DecimalProperty, PrintingAndReadingIsTheIdentity, (const Decimal& a)) {
  const std::string text = to_string(a);
  RC_ASSERT(text.find_first_not_of("-.0123456789") == std::string::npos);
  const auto again = parse_decimal(text);
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->units == a.units);
  RC_ASSERT(again->scale == a.scale);
}

RC_GTEST_PROP(DecimalProperty, AnExponentMovesThePoint, (const Decimal& a)) {
  const int exponent = *rc::gen::inRange(-80, 81);
  // 10^(76+80) makes every value whole.
  const Big scaled = big(a.units) * power(kOracleScale - a.scale + 80 + exponent);
  const bool whole = scaled % power(80) == 0;
  const auto parsed = parse_decimal(to_string(a) + "e" + std::to_string(exponent));
  RC_ASSERT(parsed.has_value() == (whole && fits(scaled / power(80))));
  if (parsed) RC_ASSERT(value_of(*parsed) == scaled / power(80));
}

RC_GTEST_PROP(DecimalProperty, ASumDoesNotDependOnTheOrder, (std::vector<std::int64_t> units)) {
  Decimal forward, backward;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::size_t j = units.size() - 1 - i;
    forward = add(forward, Decimal{units[i], static_cast<int>(i % 5)}).value();
    backward = add(backward, Decimal{units[j], static_cast<int>(j % 5)}).value();
  }
  RC_ASSERT(to_string(canonical(forward, 2)) == to_string(canonical(backward, 2)));
}

RC_GTEST_PROP(DecimalProperty, BytesGiveBackWhatWasWritten, (const Decimal& a)) {
  std::string bytes;
  ByteWriter(bytes).decimal(a);
  ByteCursor in(bytes);
  const Decimal back = in.decimal();
  RC_ASSERT(in.ok());
  RC_ASSERT(in.at_end());
  RC_ASSERT(back.units == a.units);
  RC_ASSERT(back.scale == a.scale);
}

// Whatever the bytes: no read past the end, and what comes out is a Decimal that can be used.
RC_GTEST_PROP(DecimalProperty, ForeignBytesNeverGiveAWrongDecimal, (const std::string& bytes)) {
  ByteCursor in(bytes);
  while (in.ok() && !in.at_end()) {
    const Decimal value = in.decimal();
    RC_ASSERT(value.scale >= 0 && value.scale <= kMaxDecimalDigits);
    to_string(canonical(value));
  }
}

}  // namespace
}  // namespace sluice
