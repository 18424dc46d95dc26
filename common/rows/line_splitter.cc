#include "common/rows/line_splitter.h"

#include <cstring>

#include "common/rows/json_space.h"
#include "common/rows/line_breaks.h"

namespace sluice {
namespace {

bool is_row(std::string_view line) {
  for (const char c : line) {
    if (!is_json_space(c) && c != '[' && c != ']' && c != ',') return true;
  }
  return false;
}

}  // namespace

void split_lines(std::string_view buffer, bool at_end, std::uint64_t first_line,
                 std::size_t max_bytes, SplitResult& out) {
  out.rows.clear();
  out.consumed = 0;
  out.next_line = first_line;
  while (out.consumed < buffer.size() && (max_bytes == 0 || out.consumed < max_bytes)) {
    const std::size_t begin = out.consumed;
    const void* found = std::memchr(buffer.data() + begin, '\n', buffer.size() - begin);
    if (found == nullptr && !at_end) return;
    std::size_t end = found == nullptr
                          ? buffer.size()
                          : static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data());
    out.consumed = found == nullptr ? end : end + 1;
    if (end > begin && buffer[end - 1] == '\r') --end;
    if (is_row(buffer.substr(begin, end - begin))) {
      out.rows.push_back({begin, end, out.next_line, false});
    }
    // A lone CR within the row is a physical line, too: an editor shows it as one.
    out.next_line += count_line_breaks(buffer.substr(begin, out.consumed - begin));
  }
}

std::string_view object_of_line(std::string_view line) {
  line = without_json_space(line);
  if (line.ends_with(',')) line = without_json_space(line.substr(0, line.size() - 1));
  if (line.starts_with('[')) line = without_json_space(line.substr(1));
  if (line.starts_with('{') && line.ends_with(']')) {
    line = without_json_space(line.substr(0, line.size() - 1));
    if (line.ends_with(',')) line = without_json_space(line.substr(0, line.size() - 1));
  }
  return line;
}

}  // namespace sluice
