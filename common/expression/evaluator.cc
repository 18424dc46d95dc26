#include "common/expression/evaluator.h"

#include <nlohmann/json.hpp>

namespace sluice {
namespace {

using boost::multiprecision::cpp_int;

constexpr std::int64_t kMicrosPerHour = 3'600'000'000;
constexpr std::int64_t kMicrosPerDay = 24 * kMicrosPerHour;

bool is_arithmetic(Function function) {
  switch (function) {
    case Function::kAdd:
    case Function::kSubtract:
    case Function::kMultiply:
    case Function::kDivide:
    case Function::kNegate: return true;
    default: return false;
  }
}

cpp_int wide(__int128 value) {
  const bool negative = value < 0;
  const auto magnitude = negative ? -static_cast<unsigned __int128>(value)
                                  : static_cast<unsigned __int128>(value);
  cpp_int out = static_cast<std::uint64_t>(magnitude >> 64);
  out <<= 64;
  out += static_cast<std::uint64_t>(magnitude);
  return negative ? cpp_int(-out) : out;
}

cpp_int power_of_ten(int exponent) {
  return boost::multiprecision::pow(cpp_int(10), static_cast<unsigned>(exponent));
}

// nullopt: more than 38 digits.
std::optional<__int128> narrow(const cpp_int& value) {
  static const cpp_int limit = power_of_ten(kMaxDecimalDigits);
  const cpp_int magnitude = abs(value);
  if (magnitude >= limit) return std::nullopt;
  const auto high = static_cast<std::uint64_t>(cpp_int(magnitude >> 64));
  const auto low = static_cast<std::uint64_t>(magnitude & cpp_int(~std::uint64_t{0}));
  const auto out = static_cast<__int128>((static_cast<unsigned __int128>(high) << 64) | low);
  return value < 0 ? -out : out;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

std::optional<std::int64_t> day_of(const Cell& cell) {
  if (const auto* date = std::get_if<Date>(&cell)) return date->days;
  if (const auto* at = std::get_if<Instant>(&cell)) return floor_div(at->micros, kMicrosPerDay);
  return std::nullopt;
}

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

// Of two cells of one type that are not null.
int order_of(const Cell& a, const Cell& b) {
  if (const auto* text = std::get_if<std::string_view>(&a)) {
    return sign(text->compare(std::get<std::string_view>(b)) <=> 0);
  }
  if (const auto* yes = std::get_if<bool>(&a)) return sign(*yes <=> std::get<bool>(b));
  if (const auto* date = std::get_if<Date>(&a)) return sign(*date <=> std::get<Date>(b));
  return sign(std::get<Instant>(a) <=> std::get<Instant>(b));
}

bool holds(Function function, int order) {
  switch (function) {
    case Function::kEqual: return order == 0;
    case Function::kNotEqual: return order != 0;
    case Function::kLess: return order < 0;
    case Function::kLessEqual: return order <= 0;
    case Function::kGreater: return order > 0;
    default: return order >= 0;
  }
}

bool is_number(const Expression& e) {
  return !e.is_null && (e.type == ColumnType::kInteger || e.type == ColumnType::kDecimal);
}

char32_t folded(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;             // Latin-1
  if ((c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) {
    return c | 1;                                                    // Latin Extended-A, even upper
  }
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c % 2 == 1 ? c + 1 : c;
  if (c == 0x178) return 0xFF;
  if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 32;         // Greek
  if (c >= 0x410 && c <= 0x42F) return c + 32;                       // Cyrillic
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x1E00 && c <= 0x1EFF && (c < 0x1E96 || c > 0x1E9F)) return c | 1;
  return c;
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (c >> 6)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | (c >> 12)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

// The text is UTF-8: records were checked when they were read.
std::string lower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    if (length == 4 || i + length > text.size()) {  // no letters with a case that we fold
      out.append(text.substr(i, length));
    } else {
      char32_t c = length == 1 ? byte : byte & (length == 2 ? 0x1F : 0x0F);
      for (std::size_t k = 1; k < length; ++k) c = (c << 6) | (text[i + k] & 0x3F);
      append_utf8(out, folded(c));
    }
    i += length;
  }
  return out;
}

// As a quotient is stored; null if it does not fit.
Cell rounded(const Rational& number) {
  const auto out = to_decimal(number, kQuotientScale);
  return out ? Cell{*out} : Cell{};
}

}  // namespace

std::optional<Decimal> to_decimal(const Rational& number, int places) {
  const cpp_int scaled = numerator(number) * power_of_ten(places);
  const cpp_int divisor = denominator(number);
  cpp_int quotient, rest;
  divide_qr(cpp_int(abs(scaled)), divisor, quotient, rest);
  const cpp_int twice = rest * 2;
  if (twice > divisor || (twice == divisor && bit_test(quotient, 0))) ++quotient;
  const auto units = narrow(scaled < 0 ? cpp_int(-quotient) : quotient);
  if (!units) return std::nullopt;
  return Decimal{*units, places};
}

Rational to_rational(const Decimal& number) {
  return Rational(wide(number.units), power_of_ten(number.scale));
}

std::vector<std::string> list_items(std::string_view json) {
  std::vector<std::string> out;
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_array()) return out;
  for (const auto& item : parsed) {
    out.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  }
  return out;
}

std::string_view Evaluator::keep(std::string text) {
  texts_.push_back(std::move(text));
  return texts_.back();
}

std::optional<Rational> Evaluator::number(const Expression& e, std::span<const Cell> row) {
  if (!is_arithmetic(e.function)) {
    if (e.function == Function::kIf || e.function == Function::kCoalesce) {
      if (e.function == Function::kIf) {
        return number(*e.arguments[is_true(*e.arguments[0], row) ? 1 : 2], row);
      }
      for (const ExpressionPtr& argument : e.arguments) {
        if (auto found = number(*argument, row)) return found;
      }
      return std::nullopt;
    }
    const Cell value = cell(e, row);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return Rational(*integer);
    if (const auto* decimal = std::get_if<Decimal>(&value)) return to_rational(*decimal);
    return std::nullopt;
  }
  const auto a = number(*e.arguments[0], row);
  if (!a) return std::nullopt;
  if (e.function == Function::kNegate) return Rational(-*a);
  const auto b = number(*e.arguments[1], row);
  if (!b) return std::nullopt;
  switch (e.function) {
    case Function::kAdd: return Rational(*a + *b);
    case Function::kSubtract: return Rational(*a - *b);
    case Function::kMultiply: return Rational(*a * *b);
    default: break;
  }
  if (b->is_zero()) return std::nullopt;
  return Rational(*a / *b);
}

bool Evaluator::is_true(const Expression& expression, std::span<const Cell> row) {
  const Cell value = cell(expression, row);
  const auto* yes = std::get_if<bool>(&value);
  return yes != nullptr && *yes;
}

Cell Evaluator::compare(const Expression& e, std::span<const Cell> row) {
  const Expression& left = *e.arguments[0];
  const Expression& right = *e.arguments[1];
  if (is_number(left) && is_number(right)) {
    const auto a = number(left, row), b = number(right, row);
    if (!a || !b) return (e.function == Function::kNotEqual) != (!a && !b) &&
                         (e.function == Function::kEqual || e.function == Function::kNotEqual);
    return holds(e.function, a->compare(*b));
  }
  const Cell a = cell(left, row), b = cell(right, row);
  if (sluice::is_null(a) || sluice::is_null(b)) {
    const bool same = sluice::is_null(a) && sluice::is_null(b);
    if (e.function == Function::kEqual) return same;
    if (e.function == Function::kNotEqual) return !same;
    return false;
  }
  return holds(e.function, order_of(a, b));
}

Cell Evaluator::text_function(const Expression& e, std::span<const Cell> row) {
  std::string out;
  if (e.function == Function::kConcat) {
    for (const ExpressionPtr& argument : e.arguments) {
      const Cell part = cell(*argument, row);
      if (const auto* text = std::get_if<std::string_view>(&part)) {
        out.append(*text);
      } else if (const auto* integer = std::get_if<std::int64_t>(&part)) {
        out.append(std::to_string(*integer));
      } else {
        return {};
      }
    }
    return keep(std::move(out));
  }
  const Cell value = cell(*e.arguments[0], row);
  const auto* text = std::get_if<std::string_view>(&value);
  if (text == nullptr) return {};
  switch (e.function) {
    case Function::kLower: return keep(lower(*text));
    case Function::kLastPart: {
      const std::size_t at = text->rfind(e.arguments[1]->text);
      return at == std::string_view::npos ? *text : text->substr(at + e.arguments[1]->text.size());
    }
    case Function::kSize: return static_cast<std::int64_t>(list_items(*text).size());
    default: break;
  }
  for (const std::string& item : list_items(*text)) {
    if (!out.empty()) out.append(e.arguments[1]->text);
    out.append(item);
  }
  return keep(std::move(out));
}

Cell Evaluator::time_function(const Expression& e, std::span<const Cell> row) {
  const Cell value = cell(*e.arguments[0], row);
  if (e.function == Function::kHour) {
    const auto* at = std::get_if<Instant>(&value);
    if (at == nullptr) return {};
    return Instant{floor_div(at->micros, kMicrosPerHour) * kMicrosPerHour};
  }
  if (e.function == Function::kWindow) {
    const LabelledWindow& w = *e.window;
    if (const auto* date = std::get_if<Date>(&value)) {
      return keep(window_label(w.calendar, w.pattern, *date));
    }
    const auto* at = std::get_if<Instant>(&value);
    return at == nullptr ? Cell{} : Cell{keep(window_label(w.calendar, w.pattern, *at))};
  }
  const auto day = day_of(value);
  if (!day) return {};
  if (e.function == Function::kYear) {
    const std::string text = to_string(Date{static_cast<std::int32_t>(*day)});
    return static_cast<std::int64_t>(std::stoll(text.substr(0, text.find('-', 1))));
  }
  const auto other = day_of(cell(*e.arguments[1], row));
  if (!other) return {};
  return *day - *other;
}

Cell Evaluator::cell(const Expression& e, std::span<const Cell> row) {
  switch (e.function) {
    case Function::kLiteral:
      if (!e.is_null && e.type == ColumnType::kString) return std::string_view(e.text);
      return e.literal;
    case Function::kColumn: return row[e.column];
    case Function::kEqual:
    case Function::kNotEqual:
    case Function::kLess:
    case Function::kLessEqual:
    case Function::kGreater:
    case Function::kGreaterEqual: return compare(e, row);
    case Function::kAnd: return is_true(*e.arguments[0], row) && is_true(*e.arguments[1], row);
    case Function::kOr: return is_true(*e.arguments[0], row) || is_true(*e.arguments[1], row);
    case Function::kNot: return !is_true(*e.arguments[0], row);
    case Function::kIf:
      if (is_number(e) && e.quotient) break;
      return cell(*e.arguments[is_true(*e.arguments[0], row) ? 1 : 2], row);
    case Function::kCoalesce:
      for (const ExpressionPtr& argument : e.arguments) {
        Cell found;
        if (!is_number(e) || !e.quotient) {
          found = cell(*argument, row);
        } else if (const auto exact = number(*argument, row)) {
          found = rounded(*exact);
        }
        if (!sluice::is_null(found)) return found;
      }
      return {};
    case Function::kConcat:
    case Function::kLower:
    case Function::kLastPart:
    case Function::kJoin:
    case Function::kSize: return text_function(e, row);
    case Function::kYear:
    case Function::kHour:
    case Function::kDaysBetween:
    case Function::kWindow: return time_function(e, row);
    default: break;
  }
  const auto exact = number(e, row);
  if (!exact) return {};
  if (e.type == ColumnType::kInteger) {
    const auto whole = to_decimal(*exact, 0);
    if (!whole || whole->units > INT64_MAX || whole->units < INT64_MIN) return {};
    return static_cast<std::int64_t>(whole->units);
  }
  // Without a division the digits end; find where.
  if (e.quotient) return rounded(*exact);
  int places = 0;
  cpp_int scale = 1;
  while (places < kMaxDecimalDigits && scale % denominator(*exact) != 0) {
    scale *= 10;
    ++places;
  }
  const auto decimal = to_decimal(*exact, places);
  return decimal ? Cell{*decimal} : Cell{};
}

}  // namespace sluice
