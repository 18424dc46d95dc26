#include "common/rows/field_parsers.h"

#include <algorithm>
#include <charconv>

namespace sluice {
namespace {

constexpr std::string_view kSpaces[] = {" ", "\t", "\u00a0", "\u202f", "\u2009", "\u2007"};

std::size_t space_behind(std::string_view text) {
  for (const std::string_view space : kSpaces) {
    if (text.ends_with(space)) return space.size();
  }
  return 0;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

}  // namespace

std::size_t space_in_front(std::string_view text) {
  for (const std::string_view space : kSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::string_view trimmed(std::string_view text) {
  while (const std::size_t size = space_in_front(text)) text.remove_prefix(size);
  while (const std::size_t size = space_behind(text)) text.remove_suffix(size);
  return text;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> parse_boolean(std::string_view text) {
  for (const std::string_view yes : {"true", "yes", "1"}) {
    if (equals_ignoring_case(text, yes)) return true;
  }
  for (const std::string_view no : {"false", "no", "0"}) {
    if (equals_ignoring_case(text, no)) return false;
  }
  return std::nullopt;
}

}  // namespace sluice
