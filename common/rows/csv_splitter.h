#pragma once
// Where rows begin and end in CSV bytes. Pure; keeps nothing between calls.
//
// Rows end at LF, CRLF or a lone CR outside quotes; quotes open at the start of a cell and double to
// stand for themselves (RFC 4180). Empty lines are not rows. A last line without a line break is one.
//
// A quote that is never closed must not swallow the file. Where a row with quotes would grow beyond
// kMaxRowBytes, where the file ends inside quotes, and where a quote closes in a later line but no cell
// ends there (it opens a cell of that line), the physical line on which the row began is one bad row
// and splitting goes on behind it. What lies beyond kMaxRowBytes never decides, so that rows do not
// depend on how much of the file the buffer holds.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/definition/definition.h"
#include "common/rows/raw_rows.h"

namespace sluice {

// `buffer` begins at a row's start, which is physical line `first_line`. `at_end`: nothing follows it.
// Stops early once `max_bytes` of the buffer are consumed (0: no limit), always after a whole row. If
// nothing is consumed and not `at_end`, the first row is longer than the buffer: give more.
void split_rows(std::string_view buffer, bool at_end, std::uint64_t first_line,
                const CsvFormat& format, std::size_t max_bytes, SplitResult& out);

}  // namespace sluice
