#pragma once
// Exact decimal numbers. No amount is ever held in a double.
//
// A Decimal is units * 10^-scale. Two decimals that are equal in value compare equal whatever
// their scales. Limits: 38 significant digits, scale 0..38. Pure; throws nothing.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

inline constexpr int kMaxDecimalDigits = 38;

struct Decimal {
  __int128 units = 0;
  int scale = 0;

  bool is_zero() const { return units == 0; }
};

// Digits with an optional sign, one '.', and an optional exponent ("-12.50", "8.2e-05").
// nullopt: not a number, or more than 38 significant digits.
std::optional<Decimal> parse_decimal(std::string_view text);

// nullopt: the exact result does not fit in 38 digits.
std::optional<Decimal> add(const Decimal& a, const Decimal& b);
Decimal negate(const Decimal& a);
std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);

// a / b to `places` (0..38) decimals, half to even. nullopt: b is zero, or the result does not fit.
std::optional<Decimal> divide(const Decimal& a, const Decimal& b, int places);

std::strong_ordering compare(const Decimal& a, const Decimal& b);
inline bool operator==(const Decimal& a, const Decimal& b) { return compare(a, b) == 0; }

// Drops trailing zeros of the fraction down to `min_scale` and pads up to it, so that equal values
// have one form: 12.50 and 12.500 with min_scale 2 are both 12.50.
Decimal canonical(Decimal value, int min_scale = 0);

// Plain digits, never an exponent: "-0.05".
std::string to_string(const Decimal& value);
void append_to(std::string& out, const Decimal& value);

// How many digits stand before the point and after it (of the canonical form).
struct DecimalWidth {
  int integer_digits;
  int fraction_digits;
};
DecimalWidth width(const Decimal& value);

}  // namespace sluice
