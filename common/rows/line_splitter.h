#pragma once
// Where rows begin and end in NDJSON: a line is a row, whatever stands in it. Blank lines and lines that
// hold only brackets and commas of an array around the rows are none.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/rows/raw_rows.h"

namespace sluice {

// As RowFormat::split (row_format.h) says.
void split_lines(std::string_view buffer, bool at_end, std::uint64_t first_line,
                 std::size_t max_bytes, SplitResult& out);

// The object of a line that may stand in an array written over lines: without spaces at both ends, the
// comma behind it and the array's own brackets.
std::string_view object_of_line(std::string_view line);

}  // namespace sluice
