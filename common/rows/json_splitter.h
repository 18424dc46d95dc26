#pragma once
// Where the elements of a JSON array begin and end, however they are spread over lines; objects that
// follow each other without an array are taken too.
//
// An element whose brackets do not match, that never ends or that grows beyond kMaxRowBytes must not
// swallow the file: the physical line on which it begins is one bad row and splitting goes on behind it.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/rows/raw_rows.h"

namespace sluice {

// As RowFormat::split (row_format.h) says; the buffer begins behind the array's opening bracket.
void split_json(std::string_view buffer, bool at_end, std::uint64_t first_line,
                std::size_t max_bytes, SplitResult& out);

}  // namespace sluice
