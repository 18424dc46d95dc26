#include <string>

#include "common/rows/field_parsers.h"

namespace sluice {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

// What sets thousands apart at the beginning of `text`; empty if nothing does.
std::string_view thousands_sign(std::string_view text, char decimal_separator) {
  const std::string_view other = decimal_separator == ',' ? "." : ",";
  for (const std::string_view sign : {other, std::string_view("'"), std::string_view("\u2019")}) {
    if (text.starts_with(sign)) return sign;
  }
  return text.substr(0, space_in_front(text));
}

}  // namespace

std::optional<Decimal> parse_separated_decimal(std::string_view text, char decimal_separator) {
  std::string plain;  // the same as parse_decimal reads it
  if (text.starts_with('-') || text.starts_with('+')) {
    plain += text[0];
    text.remove_prefix(1);
  }
  std::string_view group = take_digits(text);
  plain += group;
  const std::string_view sign = thousands_sign(text, decimal_separator);
  if (!sign.empty()) {
    if (group.empty() || group.size() > 3 || group[0] == '0') return std::nullopt;
    while (text.starts_with(sign)) {
      text.remove_prefix(sign.size());
      group = take_digits(text);
      if (group.size() != 3) return std::nullopt;
      plain += group;
    }
  }
  if (text.starts_with(decimal_separator)) {
    plain += '.';
    text.remove_prefix(1);
    plain += take_digits(text);
  }
  // Only an exponent may follow: another sign would be taken for a point.
  if (!text.empty() && text[0] != 'e' && text[0] != 'E') return std::nullopt;
  return parse_decimal(plain.append(text));
}

std::optional<std::int64_t> parse_separated_integer(std::string_view text, char decimal_separator) {
  if (text.find(decimal_separator) != std::string_view::npos) return std::nullopt;
  if (text.find_first_of("eE") != std::string_view::npos) return std::nullopt;
  const auto value = parse_separated_decimal(text, decimal_separator);
  return value ? parse_integer(to_string(*value)) : std::nullopt;
}

}  // namespace sluice
