#include "services/api/core/column_value.h"

#include <charconv>
#include <cstdint>

#include "common/base/calendar.h"
#include "common/base/decimal.h"

namespace sluice::api {
namespace {

bool is_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool is_value(ColumnType type, std::string_view text) {
  switch (type) {
    case ColumnType::kString:
      return text.find('\0') == std::string_view::npos;
    case ColumnType::kInteger:
      return is_integer(text);
    case ColumnType::kDecimal:
      return parse_decimal(text).has_value();
    case ColumnType::kBoolean:
      return text == "true" || text == "false";
    case ColumnType::kDate:
      return parse_iso_date(text).has_value();
    case ColumnType::kTimestamp:
      return parse_iso_instant(text).has_value();
  }
  return false;
}

std::string shown(ColumnType type, std::string_view postgres_text) {
  if (type == ColumnType::kBoolean) return postgres_text == "t" ? "true" : "false";
  std::string out(postgres_text);
  if (type == ColumnType::kTimestamp && out.size() > 11 && out[10] == ' ') {
    out[10] = 'T';
    if (out.ends_with("+00")) out.replace(out.size() - 3, 3, "Z");
  }
  return out;
}

std::string_view example_of(ColumnType type) {
  switch (type) {
    case ColumnType::kString:
      return "a text";
    case ColumnType::kInteger:
      return "an integer such as 42";
    case ColumnType::kDecimal:
      return "a decimal such as 12.50";
    case ColumnType::kBoolean:
      return "true or false";
    case ColumnType::kDate:
      return "a date such as 2017-01-31";
    case ColumnType::kTimestamp:
      return "an instant such as 2017-01-31T10:00:00Z";
  }
  return "a text";
}

}  // namespace sluice::api
