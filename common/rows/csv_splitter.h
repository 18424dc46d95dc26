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
#include <vector>

#include "common/definition/definition.h"

namespace sluice {

inline constexpr std::size_t kMaxRowBytes = 4 * 1024 * 1024;

struct RawRow {
  std::size_t begin = 0;  // into the buffer, without the line's end
  std::size_t end = 0;
  std::uint64_t line = 0;  // physical line where it starts
  bool unclosed_quote = false;
};

struct SplitResult {
  std::vector<RawRow> rows;
  std::size_t consumed = 0;     // bytes up to where the next row begins; the rest must be given again
  std::uint64_t next_line = 1;  // the physical line that starts there
};

// `buffer` begins at a row's start, which is physical line `first_line`. `at_end`: nothing follows it.
// Stops early once `max_bytes` of the buffer are consumed (0: no limit), always after a whole row. If
// nothing is consumed and not `at_end`, the first row is longer than the buffer: give more.
void split_rows(std::string_view buffer, bool at_end, std::uint64_t first_line,
                const CsvFormat& format, std::size_t max_bytes, SplitResult& out);

// The bytes of a UTF-8 byte order mark at the start of a file: 0 or 3.
std::size_t byte_order_mark(std::string_view start_of_file);

}  // namespace sluice
