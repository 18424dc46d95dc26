#include "common/doctor/column_statistics.h"

#include <algorithm>
#include <functional>

namespace sluice::doctor {
namespace {

constexpr std::size_t kMostShown = 60;

std::string_view type_name(const ColumnSpec& column) {
  if (column.is_list) return "list";
  if (column.is_amount) return "money";
  switch (column.type) {
    case ColumnType::kString: return "string";
    case ColumnType::kInteger: return "integer";
    case ColumnType::kDecimal: return "decimal";
    case ColumnType::kBoolean: return "boolean";
    case ColumnType::kDate: return "date";
    case ColumnType::kTimestamp: return "timestamp";
  }
  return "";
}

// Not in the middle of a character.
std::string_view beginning(std::string_view text) {
  if (text.size() <= kMostShown) return text;
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

ColumnStatistics::ColumnStatistics(const ColumnSpec& column)
    : name_(column.name),
      type_(type_name(column)),
      is_number_(column.type == ColumnType::kInteger || column.type == ColumnType::kDecimal) {}

bool ColumnStatistics::is_before(std::string_view a, std::string_view b) const {
  const auto x = is_number_ ? parse_decimal(a) : std::nullopt;
  const auto y = is_number_ ? parse_decimal(b) : std::nullopt;
  return x && y ? compare(*x, *y) < 0 : a < b;
}

void ColumnStatistics::add(const ValueNode& value) {
  if (value.kind == ValueKind::kNull) {
    ++nulls_;
    return;
  }
  ++values_;
  longest_ = std::max(longest_, value.text.size());
  if (distinct_.size() < kMostDistinct) {
    distinct_.insert(std::hash<std::string_view>{}(value.text));
  }
  const std::string_view shown = beginning(value.text);
  if (values_ == 1 || is_before(shown, least_)) least_ = shown;
  if (values_ == 1 || is_before(greatest_, shown)) greatest_ = shown;
}

}  // namespace sluice::doctor
