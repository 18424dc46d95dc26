#pragma once
// A cell as bytes whose order is the value's order, for sorted state: nulls first, texts by their bytes,
// numbers and times by value. Self-delimiting, so that several cells behind each other sort as a tuple.
// Cells of one column have one type; of different types the order means nothing.

#include <string>
#include <string_view>

#include "common/model/cell.h"

namespace sluice::transform {

void append_ordered(std::string& out, const Cell& cell);
// Turns the order of what stands in `bytes` from `from` on around.
void invert_order(std::string& bytes, std::size_t from = 0);

}  // namespace sluice::transform
