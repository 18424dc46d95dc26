#include <array>
#include <cstddef>
#include <string>

#include "common/model/currency.h"
#include "common/rows/field_parsers.h"

namespace sluice {
namespace {

struct Sign {
  std::string_view text;
  std::string_view code;
};
// Longer ones before those that they begin with. "kr" is three currencies, so it is none.
constexpr Sign kSigns[] = {
    {"€", "EUR"},   {"£", "GBP"},   {"$", "USD"},   {"US$", "USD"}, {"CA$", "CAD"}, {"C$", "CAD"},
    {"AU$", "AUD"}, {"A$", "AUD"},  {"NZ$", "NZD"}, {"HK$", "HKD"}, {"S$", "SGD"},  {"R$", "BRL"},
    {"MX$", "MXN"}, {"¥", "JPY"},   {"SFr.", "CHF"}, {"Fr.", "CHF"}, {"zł", "PLN"}, {"Kč", "CZK"},
    {"₹", "INR"},   {"₽", "RUB"},   {"₺", "TRY"},   {"₩", "KRW"},   {"₪", "ILS"},   {"฿", "THB"},
    {"₫", "VND"},   {"₴", "UAH"},   {"₱", "PHP"},   {"₦", "NGN"}};
constexpr const char* kNotAnAmount = "is not an amount";
constexpr std::string_view kMinusSigns[] = {"-", "\u2212"};
constexpr std::string_view kDashes[] = {"-", "\u2013", "\u2014", "\u2212"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_capital(c) || (c >= 'a' && c <= 'z'); }

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// What stands around the number.
struct Around {
  std::string_view currency;
  int digits = 0;  // of the currency, behind the point
  bool has_sign = false;
  bool negative = false;
};

Result<void> set_currency(Around& around, std::string_view code) {
  const auto digits = minor_units(code);
  if (!digits) return fail("has the currency " + std::string(code) + ", which is not in ISO 4217");
  if (!around.currency.empty() && around.currency != code) return fail("has two currencies");
  around.currency = code;
  around.digits = *digits;
  return {};
}

bool take_sign(std::string_view& text, Around& around) {
  if (around.has_sign) return false;
  for (const std::string_view minus : kMinusSigns) {
    if (take(text, minus)) return around.has_sign = around.negative = true;
  }
  return around.has_sign = take(text, "+");
}

// Reads signs and currencies up to the end of `text`.
Result<void> read_around(std::string_view text, Around& around) {
  for (text = trimmed(text); !text.empty(); text = trimmed(text)) {
    if (take_sign(text, around)) continue;
    std::string_view code;
    for (const Sign& sign : kSigns) {
      if (code.empty() && take(text, sign.text)) code = sign.code;
    }
    if (code.empty()) {
      const bool three = text.size() >= 3 && is_capital(text[0]) && is_capital(text[1]) &&
                         is_capital(text[2]) && (text.size() == 3 || !is_letter(text[3]));
      if (!three) return fail(kNotAnAmount);
      code = text.substr(0, 3);
      text.remove_prefix(3);
    }
    if (auto set = set_currency(around, code); !set) return set;
  }
  return {};
}

// Takes ".-" and ",--" away: no cents.
bool take_no_cents(std::string_view& behind) {
  if (behind.size() < 2 || (behind[0] != '.' && behind[0] != ',')) return false;
  std::string_view rest = behind.substr(1);
  for (const std::string_view dash : kDashes) {
    if (!take(rest, dash)) continue;
    take(rest, dash);
    behind = rest;
    return true;
  }
  return false;
}

// The digits of a number in groups, with what stands between the groups.
struct Groups {
  static constexpr std::size_t kMost = 16;
  std::array<int, kMost + 1> sizes{};
  std::array<char, kMost> separators{};  // ',' '.' '\'' ' '
  std::size_t count = 0;                 // of separators
  __int128 units = 0;
  int digits = 0;
  bool zero_first = false;

  std::size_t count_of(char c) const {
    std::size_t n = 0;
    for (std::size_t i = 0; i < count; ++i) n += separators[i] == c ? 1 : 0;
    return n;
  }
};

// Takes one separator off the text; '\0' if there is none.
char take_separator(std::string_view& text) {
  if (take(text, ",")) return ',';
  if (take(text, ".")) return '.';
  if (take(text, "'") || take(text, "\u2019")) return '\'';
  const std::size_t space = space_in_front(text);  // one only
  if (space == 0) return '\0';
  text.remove_prefix(space);
  return ' ';
}

std::optional<Groups> read_groups(std::string_view text) {
  Groups out;
  out.zero_first = text[0] == '0';
  while (!text.empty()) {
    if (is_digit(text[0])) {
      if (++out.digits > 38) return std::nullopt;
      out.units = out.units * 10 + (text[0] - '0');
      ++out.sizes[out.count];
      text.remove_prefix(1);
      continue;
    }
    const char separator = take_separator(text);
    if (separator == '\0' || out.count == Groups::kMost) return std::nullopt;
    out.separators[out.count++] = separator;
  }
  return out;
}

bool comma_is_decimal(DecimalMark mark, std::string_view currency) {
  switch (mark) {
    case DecimalMark::kComma: return true;
    case DecimalMark::kPoint: return false;
    case DecimalMark::kByCurrency: return currency == "EUR";
  }
  return false;
}

// Whether the last separator is the decimal one. `whole`: the text says that there are no cents.
bool last_is_decimal(const Groups& g, bool whole, DecimalMark mark, std::string_view currency) {
  if (g.count == 0 || whole) return false;
  const char last = g.separators[g.count - 1];
  if (last == '\'' || last == ' ' || g.count_of(last) > 1) return false;
  if (g.count > 1) return true;
  const bool like_thousands = g.sizes[1] == 3 && g.sizes[0] >= 1 && g.sizes[0] <= 3 && !g.zero_first;
  return !like_thousands || (last == ',') == comma_is_decimal(mark, currency);
}

// One kind of separator, between groups of three.
bool thousands_are_right(const Groups& g, std::size_t separators) {
  if (separators == 0) return true;
  if (g.sizes[0] < 1 || g.sizes[0] > 3) return false;
  for (std::size_t i = 0; i < separators; ++i) {
    if (g.separators[i] != g.separators[0] || g.sizes[i + 1] != 3) return false;
  }
  return true;
}

}  // namespace

Result<Money> parse_money(std::string_view text, DecimalMark mark) {
  text = trimmed(text);
  Around around;
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') {
    around.has_sign = around.negative = true;
    text = text.substr(1, text.size() - 2);
  }
  std::size_t first = 0;
  while (first < text.size() && !is_digit(text[first])) ++first;
  if (first == text.size()) return fail(kNotAnAmount);
  std::size_t end = text.size();
  while (!is_digit(text[end - 1])) --end;
  // ".50" has its point; that of "Fr.50" belongs to the currency.
  const bool point = first > 0 && (text[first - 1] == '.' || text[first - 1] == ',') &&
                     (first == 1 || !is_letter(text[first - 2]));
  if (point) --first;
  std::string_view behind = text.substr(end);
  const bool whole = take_no_cents(behind);
  if (auto read = read_around(text.substr(0, first), around); !read) return fail(read.error().message);
  if (auto read = read_around(behind, around); !read) return fail(read.error().message);
  const auto groups = read_groups(text.substr(first, end - first));
  if (!groups) return fail(kNotAnAmount);
  if (around.currency.empty()) return fail("has no currency");
  const bool decimal = last_is_decimal(*groups, whole, mark, around.currency);
  if (!thousands_are_right(*groups, groups->count - (decimal ? 1 : 0))) return fail(kNotAnAmount);
  const int scale = decimal ? groups->sizes[groups->count] : 0;
  const __int128 units = around.negative ? -groups->units : groups->units;
  const Decimal amount = canonical({units, scale}, around.digits);
  if (amount.scale < around.digits) {
    return fail("has more than " + std::to_string(kMaxDecimalDigits) + " digits with those behind the point");
  }
  return Money{amount, around.currency};
}

}  // namespace sluice
