#pragma once
// The text that a row of a file holds for one field, whatever the file's format.

#include <cstdint>
#include <string_view>

namespace sluice {

enum class CellKind : std::uint8_t {
  kUntyped,  // CSV and XML know texts only
  kText,     // JSON and Python literals tell a text from a number
  kNumber,
  kBoolean,
  kNested,  // a list or an object, as JSON
};

struct SourceCell {
  std::string_view text;  // empty: null
  CellKind kind = CellKind::kUntyped;
};

}  // namespace sluice
