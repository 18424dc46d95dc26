#pragma once
// Rows as they lie in a file's bytes: what every format's splitter gives.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

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

// The bytes of a UTF-8 byte order mark at the start of a file: 0 or 3.
inline std::size_t byte_order_mark(std::string_view start_of_file) {
  return start_of_file.starts_with("\xef\xbb\xbf") ? 3 : 0;
}

}  // namespace sluice
