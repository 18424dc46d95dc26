#include "common/base/decimal.h"

#include <algorithm>
#include <array>

#include "common/base/check.h"

namespace sluice {
namespace {

using Wide = __int128;
using UnsignedWide = unsigned __int128;
constexpr int kMaxDigits = kMaxDecimalDigits;

constexpr std::array<Wide, kMaxDigits + 1> kPowersOfTen = [] {
  std::array<Wide, kMaxDigits + 1> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

constexpr Wide power_of_ten(int n) { return kPowersOfTen[static_cast<std::size_t>(n)]; }

bool fits(Wide v) { return v < power_of_ten(kMaxDigits) && v > -power_of_ten(kMaxDigits); }

UnsignedWide magnitude(Wide v) {
  return v < 0 ? ~static_cast<UnsignedWide>(v) + 1 : static_cast<UnsignedWide>(v);
}

// units * 10^by, if it has at most 38 digits.
std::optional<Wide> shifted(Wide units, int by) {
  if (units == 0 || by == 0) return units;
  if (by > kMaxDigits) return std::nullopt;
  Wide out = 0;
  if (__builtin_mul_overflow(units, power_of_ten(by), &out) || !fits(out)) return std::nullopt;
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// An exponent of at most three digits; beyond that no value fits anyway.
std::optional<int> parse_exponent(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text.size() > 3) return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

// A Decimal of any scale, brought into 0..38 if its digits allow it.
std::optional<Decimal> with_scale(Wide units, int scale) {
  if (units == 0) return Decimal{0, std::clamp(scale, 0, kMaxDigits)};
  if (scale < 0) {
    const auto grown = shifted(units, -scale);
    if (!grown) return std::nullopt;
    return Decimal{*grown, 0};
  }
  while (scale > kMaxDigits && units % 10 == 0) {
    units /= 10;
    --scale;
  }
  if (scale > kMaxDigits) return std::nullopt;
  return Decimal{units, scale};
}

// For what the quick way in add() cannot hold although the result may fit. Canonical operands of
// different scales sum to a number that ends in no zero, so one that fits is below 10^38 at the
// larger scale, and neither side of the sum can then exceed 2 * 10^38, which 128 unsigned bits
// hold.
std::optional<Decimal> add_carefully(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale, b.scale);
  const auto at_scale = [scale](const Decimal& v) -> std::optional<UnsignedWide> {
    UnsignedWide out = 0;
    const auto power = static_cast<UnsignedWide>(power_of_ten(scale - v.scale));
    if (__builtin_mul_overflow(magnitude(v.units), power, &out)) return std::nullopt;
    return out;
  };
  const auto x = at_scale(a), y = at_scale(b);
  if (!x || !y) return std::nullopt;
  const bool a_negative = a.units < 0, b_negative = b.units < 0;
  UnsignedWide sum = 0;
  bool negative = a_negative;
  if (a_negative == b_negative) {
    if (__builtin_add_overflow(*x, *y, &sum)) return std::nullopt;
  } else {
    negative = *x >= *y ? a_negative : b_negative;
    sum = *x >= *y ? *x - *y : *y - *x;
  }
  int places = scale;
  for (; places > 0 && sum % 10 == 0; --places) sum /= 10;
  if (sum >= static_cast<UnsignedWide>(power_of_ten(kMaxDigits))) return std::nullopt;
  const auto units = static_cast<Wide>(sum);
  return Decimal{negative ? -units : units, places};
}

// 256 bits as two halves: enough for the product of any two Decimals.
struct DoubleWide {
  UnsignedWide high = 0;
  UnsignedWide low = 0;
};

DoubleWide product_of(UnsignedWide a, UnsignedWide b) {
  constexpr auto kLowMask = static_cast<UnsignedWide>(~std::uint64_t{0});
  const UnsignedWide a_low = a & kLowMask, a_high = a >> 64, b_low = b & kLowMask, b_high = b >> 64;
  const UnsignedWide low = a_low * b_low;
  const UnsignedWide middle = a_high * b_low + (low >> 64);
  const UnsignedWide other = a_low * b_high + (middle & kLowMask);
  return {a_high * b_high + (middle >> 64) + (other >> 64), (other << 64) | (low & kLowMask)};
}

// Divides by ten in place; the remainder is returned.
unsigned divide_by_ten(DoubleWide& v) {
  unsigned rest = 0;
  const auto step = [&rest](UnsignedWide limb) {
    const UnsignedWide grown = (static_cast<UnsignedWide>(rest) << 64) | limb;
    rest = static_cast<unsigned>(grown % 10);
    return grown / 10;
  };
  constexpr auto kLowMask = static_cast<UnsignedWide>(~std::uint64_t{0});
  for (UnsignedWide* half : {&v.high, &v.low}) {
    const UnsignedWide upper = step(*half >> 64);
    *half = (upper << 64) | step(*half & kLowMask);
  }
  return rest;
}

// For a product that overflows 128 bits but may lose enough zeros of its fraction to fit.
std::optional<Decimal> multiply_carefully(const Decimal& a, const Decimal& b) {
  DoubleWide product = product_of(magnitude(a.units), magnitude(b.units));
  int scale = a.scale + b.scale;
  while (scale > 0) {
    DoubleWide shorter = product;
    if (divide_by_ten(shorter) != 0) break;
    product = shorter;
    --scale;
  }
  if (product.high != 0 || product.low >= static_cast<UnsignedWide>(power_of_ten(kMaxDigits)) ||
      scale > kMaxDigits) {
    return std::nullopt;
  }
  const auto units = static_cast<Wide>(product.low);
  return Decimal{(a.units < 0) != (b.units < 0) ? -units : units, scale};
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  Wide units = 0;
  int digits = 0;  // significant ones
  int scale = 0;
  bool any = false;
  bool point = false;
  std::size_t i = 0;
  int zeros = 0;  // of the fraction, not yet known to matter
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (point) return std::nullopt;
      point = true;
      continue;
    }
    if (!is_digit(c)) break;
    any = true;
    if (point && c == '0') {
      ++zeros;
      continue;
    }
    if (point) {
      // Bring in the zeros that stood before this digit.
      const int add = zeros + 1;
      if (units != 0) {
        digits += zeros;
        if (digits >= kMaxDigits) return std::nullopt;
        units *= power_of_ten(zeros);
      }
      scale += add;
      zeros = 0;
    }
    if (units != 0 || c != '0') {
      if (++digits > kMaxDigits) return std::nullopt;
      units = units * 10 + (c - '0');
    }
  }
  if (!any) return std::nullopt;
  // Trailing zeros of the fraction are kept as scale where they fit: "12.50" prints as it was read.
  if (zeros > 0) {
    if (units == 0) {
      scale = std::min(scale + zeros, kMaxDigits);
    } else if (digits + zeros <= kMaxDigits) {
      units *= power_of_ten(zeros);
      digits += zeros;
      scale += zeros;
    }
  }
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    const auto exponent = parse_exponent(text.substr(i + 1));
    if (!exponent) return std::nullopt;
    scale -= *exponent;
  }
  return with_scale(negative ? -units : units, scale);
}

std::optional<Decimal> add(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale, b.scale);
  const auto x = shifted(a.units, scale - a.scale);
  const auto y = shifted(b.units, scale - b.scale);
  Wide sum = 0;
  if (!x || !y || __builtin_add_overflow(*x, *y, &sum) || !fits(sum)) {
    return add_carefully(canonical(a), canonical(b));
  }
  return Decimal{sum, scale};
}

Decimal negate(const Decimal& a) { return {-a.units, a.scale}; }

std::optional<Decimal> multiply(const Decimal& a, const Decimal& b) {
  const Decimal x = canonical(a), y = canonical(b);
  Wide units = 0;
  if (__builtin_mul_overflow(x.units, y.units, &units)) return multiply_carefully(x, y);
  const Decimal product = canonical({units, x.scale + y.scale});
  if (!fits(product.units) || product.scale > kMaxDigits) return std::nullopt;
  return product;
}

std::optional<Decimal> divide(const Decimal& a, const Decimal& b, int places) {
  if (b.units == 0) return std::nullopt;
  SLUICE_CHECK(places >= 0 && places <= kMaxDigits, "a Decimal has 0 to 38 places");
  // (a.units / 10^a.scale) / (b.units / 10^b.scale) * 10^places, digit by digit so that nothing
  // overflows: long division keeps the remainder below the divisor.
  const UnsignedWide divisor = magnitude(b.units);
  const bool negative = (a.units < 0) != (b.units < 0);
  UnsignedWide quotient = magnitude(a.units) / divisor;
  UnsignedWide rest = magnitude(a.units) % divisor;
  const auto limit = static_cast<UnsignedWide>(power_of_ten(kMaxDigits));
  int shift = places + b.scale - a.scale;
  for (; shift > 0; --shift) {
    if (quotient >= limit / 10) return std::nullopt;
    UnsignedWide digit = 0;
    // rest * 10 may exceed 128 bits: add ten times instead, reducing as it goes.
    UnsignedWide grown = 0;
    for (int i = 0; i < 10; ++i) {
      if (grown >= divisor - rest) {
        grown -= divisor - rest;
        ++digit;
      } else {
        grown += rest;
      }
    }
    quotient = quotient * 10 + digit;
    rest = grown;
  }
  if (shift < 0) {
    // Fewer places than the quotient has: round at the wanted digit. -shift <= a.scale <= 38.
    const auto unit = static_cast<UnsignedWide>(power_of_ten(-shift));
    const bool sticky = rest != 0;  // digits dropped behind the quotient
    rest = quotient % unit;
    quotient /= unit;
    const UnsignedWide half = unit / 2;
    if (rest > half || (rest == half && (sticky || (quotient & 1) != 0))) ++quotient;
  } else if (rest != 0) {
    const UnsignedWide other = divisor - rest;  // compare rest with divisor / 2 without doubling
    if (rest > other || (rest == other && (quotient & 1) != 0)) ++quotient;
  }
  if (quotient >= limit) return std::nullopt;
  const auto units = static_cast<Wide>(quotient);
  return Decimal{negative ? -units : units, places};
}

std::strong_ordering compare(const Decimal& a, const Decimal& b) {
  const Decimal x = canonical(a), y = canonical(b);
  const bool x_negative = x.units < 0, y_negative = y.units < 0;
  if (x_negative != y_negative)
    return x_negative ? std::strong_ordering::less : std::strong_ordering::greater;
  // Same sign: the one that cannot be brought to the larger scale is the larger in size.
  const int scale = std::max(x.scale, y.scale);
  const auto xs = shifted(x.units, scale - x.scale);
  const auto ys = shifted(y.units, scale - y.scale);
  if (xs && ys) return *xs <=> *ys;
  const bool x_larger = !xs.has_value();
  return x_larger != x_negative ? std::strong_ordering::greater : std::strong_ordering::less;
}

Decimal canonical(Decimal value, int min_scale) {
  while (value.scale > min_scale && value.units % 10 == 0) {
    value.units /= 10;
    --value.scale;
  }
  while (value.scale < min_scale) {
    const auto grown = shifted(value.units, 1);
    if (!grown) break;
    value.units = *grown;
    ++value.scale;
  }
  return value;
}

void append_to(std::string& out, const Decimal& value) {
  char digits[kMaxDigits * 2 + 4];
  char* end = digits + sizeof digits;
  char* at = end;
  UnsignedWide rest = magnitude(value.units);
  int written = 0;
  while (rest != 0 || written <= value.scale) {
    if (written == value.scale && value.scale > 0) *--at = '.';
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
    ++written;
  }
  if (value.units < 0) *--at = '-';
  out.append(at, static_cast<std::size_t>(end - at));
}

std::string to_string(const Decimal& value) {
  std::string out;
  append_to(out, value);
  return out;
}

DecimalWidth width(const Decimal& value) {
  const Decimal c = canonical(value);
  UnsignedWide whole = magnitude(c.units) / static_cast<UnsignedWide>(power_of_ten(c.scale));
  int digits = 0;
  for (; whole != 0; whole /= 10) ++digits;
  return {digits, c.scale};
}

}  // namespace sluice
