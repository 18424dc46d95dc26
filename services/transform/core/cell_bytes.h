#pragma once
// A cell as bytes, for local state, group keys and content hashes. Equal values have equal bytes
// (1.50 and 1.5 too) and different values of one column have different bytes.

#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/model/cell.h"

namespace sluice::transform {

void append_cell(std::string& out, const Cell& cell);

// Reads one cell; a string is a view into the reader's input. Malformed input makes reader.ok()
// false and gives null.
Cell read_cell(ByteCursor& reader);

}  // namespace sluice::transform
