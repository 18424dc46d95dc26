#include "common/rows/field_parsers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/model/currency.h"

namespace sluice {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// Space, tab, no-break space (U+00A0), narrow no-break space (U+202F), thin space (U+2009).
constexpr std::array<std::string_view, 5> kSpaces = {" ", "\t", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89"};
// The straight and the curly apostrophe, as Switzerland writes thousands.
constexpr std::array<std::string_view, 2> kApostrophes = {"'", "\xe2\x80\x99"};

template <std::size_t N>
std::size_t starts_with_any(std::string_view text, const std::array<std::string_view, N>& all) {
  for (std::string_view one : all) {
    if (text.starts_with(one)) return one.size();
  }
  return 0;
}

std::string_view trimmed(std::string_view text) {
  while (const std::size_t size = starts_with_any(text, kSpaces)) text.remove_prefix(size);
  bool again = true;
  while (again) {
    again = false;
    for (std::string_view space : kSpaces) {
      if (text.ends_with(space)) {
        text.remove_suffix(space.size());
        again = true;
      }
    }
  }
  return text;
}

// Takes a currency from the front or the back of the text. Empty: there is none there.
std::string_view take_front(std::string_view& text) {
  if (text.size() >= 3 && is_upper(text[0]) && is_upper(text[1]) && is_upper(text[2]) &&
      (text.size() == 3 || !is_upper(text[3]))) {
    const std::string_view code = text.substr(0, 3);
    text.remove_prefix(3);
    return code;
  }
  std::size_t size = 0;
  while (size < text.size() && static_cast<unsigned char>(text[size]) >= 0x80 && size < 3) ++size;
  if (text.starts_with("$")) size = 1;
  const std::string_view code = currency_of_symbol(text.substr(0, size));
  if (!code.empty()) text.remove_prefix(size);
  return code;
}

std::string_view take_back(std::string_view& text) {
  const std::size_t n = text.size();
  if (n >= 3 && is_upper(text[n - 1]) && is_upper(text[n - 2]) && is_upper(text[n - 3])) {
    const std::string_view code = text.substr(n - 3);
    text.remove_suffix(3);
    return code;
  }
  for (const std::size_t size : {std::size_t{3}, std::size_t{2}, std::size_t{1}}) {
    if (n < size) continue;
    const std::string_view code = currency_of_symbol(text.substr(n - size));
    if (code.empty()) continue;
    text.remove_suffix(size);
    return code;
  }
  return {};
}

bool take_minus(std::string_view& text) {
  // The hyphen and the true minus sign (U+2212).
  for (std::string_view minus : {std::string_view("-"), std::string_view("\xe2\x88\x92")}) {
    if (!text.starts_with(minus)) continue;
    text = trimmed(text.substr(minus.size()));
    return true;
  }
  return false;
}

// The digits of a number and what stands between them.
struct Digits {
  std::string text;                         // digits only
  std::array<std::size_t, 16> points{};     // before which digit each separator stands
  std::array<char, 16> kinds{};             // '.', ',' or '\'' (also a space)
  std::size_t separators = 0;
};

bool read_digits(std::string_view text, Digits& out) {
  while (!text.empty()) {
    if (is_digit(text.front())) {
      out.text += text.front();
      text.remove_prefix(1);
      continue;
    }
    char kind = 0;
    std::size_t size = 1;
    if (text.front() == '.' || text.front() == ',') {
      kind = text.front();
    } else if ((size = starts_with_any(text, kApostrophes)) != 0 || (size = starts_with_any(text, kSpaces)) != 0) {
      kind = '\'';
    }
    const bool doubled = out.separators > 0 && out.points[out.separators - 1] == out.text.size();
    if (kind == 0 || out.text.empty() || doubled || out.separators == out.points.size()) return false;
    out.points[out.separators] = out.text.size();
    out.kinds[out.separators++] = kind;
    text.remove_prefix(size);
  }
  // A separator at the very end is none.
  return !out.text.empty() && out.text.size() <= 38 &&
         (out.separators == 0 || out.points[out.separators - 1] < out.text.size());
}

// Thousands separators before the digits `points[0..count)`, the number's whole part ending at `whole_end`:
// one to three digits first, then groups of three, all by the same sign.
bool grouped_in_threes(const Digits& digits, std::size_t count, std::size_t whole_end) {
  if (count == 0) return true;
  if (digits.points[0] > 3) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t next = i + 1 < count ? digits.points[i + 1] : whole_end;
    if (digits.kinds[i] != digits.kinds[0] || next - digits.points[i] != 3) return false;
  }
  return true;
}

// Which separator, if any, is the decimal one: its index, or `separators` if none is.
std::size_t decimal_separator(const Digits& digits, DecimalMark mark, std::string_view currency) {
  const std::size_t n = digits.separators;
  if (n == 0) return n;
  const std::size_t last = n - 1;
  const char kind = digits.kinds[last];
  if (kind == '\'') return n;
  const auto same = std::count(digits.kinds.begin(), digits.kinds.begin() + static_cast<std::ptrdiff_t>(n), kind);
  if (same > 1) return n;   // 1.234.567
  if (n > 1) return last;   // 1.234,56 and 1'234.56
  const std::size_t behind = digits.text.size() - digits.points[last];
  const bool could_be_thousands = behind == 3 && digits.points[last] <= 3 && digits.text[0] != '0';
  if (!could_be_thousands) return last;
  const bool comma_is_decimal = mark == DecimalMark::kByCurrency ? currency == "EUR" : mark == DecimalMark::kComma;
  return (kind == ',') == comma_is_decimal ? last : n;
}

std::optional<Decimal> read_number(std::string_view text, DecimalMark mark, std::string_view currency) {
  // "1'200.-" and "12,-": whole francs or euros.
  if (text.ends_with(".-") || text.ends_with(",-")) text.remove_suffix(2);
  Digits digits;
  if (!read_digits(text, digits)) return std::nullopt;
  const std::size_t point = decimal_separator(digits, mark, currency);
  const bool has_point = point < digits.separators;
  const std::size_t whole_end = has_point ? digits.points[point] : digits.text.size();
  if (!grouped_in_threes(digits, has_point ? point : digits.separators, whole_end)) return std::nullopt;
  Decimal value;
  for (char c : digits.text) value.units = value.units * 10 + (c - '0');
  value.scale = static_cast<int>(digits.text.size() - whole_end);
  return value;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
         });
}

}  // namespace

Result<Money> parse_money(std::string_view original, DecimalMark mark) {
  std::string_view text = trimmed(original);
  bool negative = take_minus(text);
  std::string_view currency = take_front(text);
  if (currency.empty()) currency = take_back(text);
  if (currency.empty()) return fail("has no currency");
  const auto units = minor_units(currency);
  if (!units) return fail("has the currency " + std::string(currency) + ", which is not in ISO 4217");
  text = trimmed(text);
  if (!negative) negative = take_minus(text);
  const auto number = read_number(text, mark, currency);
  if (!number) return fail("is not an amount");
  return Money{canonical(negative ? negate(*number) : *number, *units), currency};
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('+')) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  for (std::string_view yes : {"true", "yes", "1"}) {
    if (equals_ignoring_case(text, yes)) return true;
  }
  for (std::string_view no : {"false", "no", "0"}) {
    if (equals_ignoring_case(text, no)) return false;
  }
  return std::nullopt;
}

}  // namespace sluice
