#pragma once
// Where in a dead letter's row the cell stands that is wrong, so that it can be marked. Pure.

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/rows/row_context.h"

namespace sluice {

// In characters (Unicode's code points) of the row. CSV: the cell with its quotes; JSON: the value of the column's first
// name; XML: the element's text.
struct CellPlace {
  std::size_t start = 0;
  std::size_t length = 0;
  bool operator==(const CellPlace&) const = default;
};

// nullopt: it is the row as a whole, or cannot be told.
std::optional<CellPlace> place_of_cell(const RowContext& context, std::string_view row, std::string_view column);

}  // namespace sluice
