#pragma once
// One typed value of a row. Strings are views: the owner of the bytes (a read buffer, a parsed
// message) outlives the cell.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/calendar.h"
#include "common/base/decimal.h"

namespace sluice {

enum class ColumnType { kString, kInteger, kDecimal, kBoolean, kDate, kTimestamp };

// monostate is null.
using Cell =
    std::variant<std::monostate, std::string_view, std::int64_t, Decimal, bool, Date, Instant>;

inline bool is_null(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }

}  // namespace sluice
