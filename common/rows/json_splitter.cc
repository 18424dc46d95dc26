#include "common/rows/json_splitter.h"

#include <array>

#include "common/rows/json_space.h"
#include "common/rows/line_breaks.h"
#include "common/rows/value_tree.h"

namespace sluice {
namespace {

constexpr std::size_t kUnknown = std::string_view::npos;  // more bytes must be seen
constexpr std::size_t kBroken = kUnknown - 1;

class Scanner {
 public:
  Scanner(std::string_view buffer, bool at_end) : buffer_(buffer), at_end_(at_end) {}

  // Behind the element that begins at `begin`.
  std::size_t element(std::size_t begin) const {
    const bool full = buffer_.size() - begin > kMaxRowBytes;
    const std::size_t limit = full ? begin + kMaxRowBytes : buffer_.size();
    const std::size_t undecided = full || at_end_ ? kBroken : kUnknown;
    std::array<char, kMaxValueDepth + 1> open{};
    std::size_t depth = 0;
    for (std::size_t at = begin; at < limit; ++at) {
      const char c = buffer_[at];
      if (c == '"') {
        at = string(at + 1, limit, undecided);
        if (at == undecided || at == kBroken) return at;
      } else if (c == '{' || c == '[') {
        if (depth == open.size()) return kBroken;
        open[depth++] = c;
      } else if (c == '}' || c == ']') {
        if (depth == 0 || open[depth - 1] != (c == '}' ? '{' : '[')) return kBroken;
        if (--depth == 0) return at + 1;
      }
    }
    return undecided;
  }

  // The end of a bare value: at the comma or bracket behind it, or where its line ends.
  std::size_t scalar(std::size_t begin) const {
    const bool full = buffer_.size() - begin > kMaxRowBytes;
    const std::size_t limit = full ? begin + kMaxRowBytes : buffer_.size();
    const std::size_t undecided = full || at_end_ ? kBroken : kUnknown;
    for (std::size_t at = begin; at < limit; ++at) {
      const char c = buffer_[at];
      if (c == '"') {
        at = string(at + 1, limit, undecided);
        if (at == undecided || at == kBroken) return at;
      } else if (c == ',' || c == ']' || c == '\n' || c == '\r' || (c == '{' && at > begin)) {
        return at;
      }
    }
    return full ? kBroken : at_end_ ? limit : kUnknown;
  }

  std::size_t line_end(std::size_t begin) const {
    const std::size_t at = buffer_.find_first_of("\r\n", begin);
    if (at != std::string_view::npos) return at;
    return at_end_ ? buffer_.size() : kUnknown;
  }

 private:
  // Where the text's closing quote stands. No text holds a line break, so one that is not closed ends
  // with its line.
  std::size_t string(std::size_t at, std::size_t limit, std::size_t undecided) const {
    for (; at < limit; ++at) {
      const char c = buffer_[at];
      if (c == '"') return at;
      if (c == '\n' || c == '\r') return kBroken;
      if (c == '\\') ++at;
    }
    return undecided;
  }

  std::string_view buffer_;
  bool at_end_;
};

}  // namespace

void split_json(std::string_view buffer, bool at_end, std::uint64_t first_line,
                std::size_t max_bytes, SplitResult& out) {
  out.rows.clear();
  out.consumed = 0;
  out.next_line = first_line;
  const Scanner scanner(buffer, at_end);
  while (out.consumed < buffer.size() && (max_bytes == 0 || out.consumed < max_bytes)) {
    // A CR at the buffer's end waits: with an LF behind it, it is one line break.
    std::size_t begin = out.consumed;
    while (begin < buffer.size() && (is_json_space(buffer[begin]) || buffer[begin] == ',' || buffer[begin] == ']')) {
      ++begin;
    }
    if (begin == buffer.size() && !at_end && buffer.back() == '\r') --begin;
    out.next_line += count_line_breaks(buffer.substr(out.consumed, begin - out.consumed));
    out.consumed = begin;
    if (begin == buffer.size() || buffer[begin] == '\r') return;
    const bool nested = buffer[begin] == '{' || buffer[begin] == '[';
    std::size_t end = nested ? scanner.element(begin) : scanner.scalar(begin);
    if (end == kBroken) end = scanner.line_end(begin);
    if (end == kUnknown) return;
    out.rows.push_back({begin, end, out.next_line, false});
    out.next_line += count_line_breaks(buffer.substr(begin, end - begin));
    out.consumed = end;
  }
}

}  // namespace sluice
