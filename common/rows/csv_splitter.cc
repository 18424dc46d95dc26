#include "common/rows/csv_splitter.h"

#include <cstring>

namespace sluice {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

std::size_t find(std::string_view text, char c, std::size_t from, std::size_t to) {
  if (from >= to) return kNone;
  const void* found = std::memchr(text.data() + from, c, to - from);
  return found == nullptr ? kNone : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// Walks one buffer. `newline_` is the first LF at or behind the current row, found once and not again
// for every row: in a file of lone CRs there may be none for megabytes.
class Splitter {
 public:
  Splitter(std::string_view buffer, bool at_end, const CsvFormat& format)
      : buffer_(buffer), at_end_(at_end), format_(format) {}

  // The row that begins at `begin`; kNone in `next` if it does not end within the buffer.
  struct Row {
    std::size_t end = 0;
    std::size_t next = kNone;
    std::uint64_t lines = 1;  // physical lines it covers
    bool unclosed_quote = false;
  };
  Row row_at(std::size_t begin) {
    advance_newline(begin);
    const std::size_t limit = newline_ == kNone ? buffer_.size() : newline_;
    // Most lines have no quote and end at the LF.
    if (find(buffer_, format_.quote, begin, limit) == kNone) return plain_line(begin, limit);
    return quoted_row(begin);
  }

 private:
  void advance_newline(std::size_t from) {
    if (searched_ && (newline_ == kNone || newline_ >= from)) return;
    newline_ = find(buffer_, '\n', from, buffer_.size());
    searched_ = true;
  }

  // A line end at `at`; how many bytes it has. 0: a CR at the buffer's end, and what follows is unknown.
  std::size_t line_end_size(std::size_t at) const {
    if (buffer_[at] == '\n') return 1;
    if (at + 1 < buffer_.size()) return buffer_[at + 1] == '\n' ? 2 : 1;
    return at_end_ ? 1 : 0;
  }

  Row ended(std::size_t at, std::uint64_t lines) const {
    const std::size_t size = line_end_size(at);
    return {at, size == 0 ? kNone : at + size, lines, false};
  }

  Row plain_line(std::size_t begin, std::size_t limit) const {
    const std::size_t cr = find(buffer_, '\r', begin, limit);
    if (cr != kNone) return ended(cr, 1);
    if (limit < buffer_.size()) return ended(limit, 1);
    return {buffer_.size(), at_end_ ? buffer_.size() : kNone, 1, false};
  }

  Row quoted_row(std::size_t begin) const {
    bool in_quotes = false;
    bool field_start = true;
    std::uint64_t lines = 1;
    for (std::size_t i = begin; i < buffer_.size(); ++i) {
      const char c = buffer_[i];
      if (in_quotes) {
        if (c == format_.quote) {
          if (i + 1 < buffer_.size() && buffer_[i + 1] == format_.quote) {
            ++i;
          } else {
            in_quotes = false;
          }
        } else if (c == '\n' || (c == '\r' && (i + 1 >= buffer_.size() || buffer_[i + 1] != '\n'))) {
          ++lines;
        }
        if (i - begin > kMaxRowBytes) return bad_line(begin);
        continue;
      }
      if (c == '\n' || c == '\r') return ended(i, lines);
      if (c == format_.quote && field_start) in_quotes = true;
      field_start = c == format_.delimiter;
    }
    if (in_quotes && at_end_) return bad_line(begin);
    return {buffer_.size(), at_end_ ? buffer_.size() : kNone, lines, false};
  }

  Row bad_line(std::size_t begin) const {
    std::size_t at = begin;
    while (at < buffer_.size() && buffer_[at] != '\n' && buffer_[at] != '\r') ++at;
    Row row = at < buffer_.size() ? ended(at, 1) : Row{at, at, 1, false};
    row.unclosed_quote = true;
    return row;
  }

  std::string_view buffer_;
  bool at_end_;
  CsvFormat format_;
  std::size_t newline_ = kNone;
  bool searched_ = false;
};

}  // namespace

void split_rows(std::string_view buffer, bool at_end, std::uint64_t first_line, const CsvFormat& format,
                std::size_t max_bytes, SplitResult& out) {
  out.rows.clear();
  out.consumed = 0;
  out.next_line = first_line;
  Splitter splitter(buffer, at_end, format);
  while (out.consumed < buffer.size() && (max_bytes == 0 || out.consumed < max_bytes)) {
    const std::size_t begin = out.consumed;
    const auto row = splitter.row_at(begin);
    if (row.next == kNone) return;
    if (row.end > begin) out.rows.push_back({begin, row.end, out.next_line, row.unclosed_quote});
    out.consumed = row.next;
    out.next_line += row.lines;
  }
}

std::size_t byte_order_mark(std::string_view start_of_file) {
  return start_of_file.starts_with("\xef\xbb\xbf") ? 3 : 0;
}

}  // namespace sluice
