#include "common/rows/csv_splitter.h"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice {
namespace {

// The first '\n', '\r' or `other` in [at, end); `end` if there is none.
const char* find_break_or(const char* at, const char* end, char other) {
#if defined(__SSE2__)
  const __m128i lf = _mm_set1_epi8('\n');
  const __m128i cr = _mm_set1_epi8('\r');
  const __m128i ch = _mm_set1_epi8(other);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i breaks = _mm_or_si128(_mm_cmpeq_epi8(bytes, lf), _mm_cmpeq_epi8(bytes, cr));
    const __m128i hits = _mm_or_si128(breaks, _mm_cmpeq_epi8(bytes, ch));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
    if (mask != 0) return at + std::countr_zero(mask);
  }
#endif
  while (at < end && *at != '\n' && *at != '\r' && *at != other) ++at;
  return at;
}

const char* find_break(const char* at, const char* end) { return find_break_or(at, end, '\n'); }

const char* find_char(const char* at, const char* end, char c) {
  if (at == end) return end;
  const void* found = std::memchr(at, c, static_cast<std::size_t>(end - at));
  return found == nullptr ? end : static_cast<const char*>(found);
}

std::uint64_t count_breaks(const char* at, const char* end) {
  std::uint64_t breaks = 0;
  while ((at = find_break(at, end)) != end) {
    ++breaks;
    at += *at == '\r' && at + 1 < end && at[1] == '\n' ? 2 : 1;
  }
  return breaks;
}

struct Row {
  const char* end = nullptr;   // of its text
  const char* next = nullptr;  // where the next row begins; nullptr: it does not end in the buffer
  std::uint64_t lines = 1;     // physical lines it covers
  bool unclosed_quote = false;
};

class Splitter {
 public:
  Splitter(const char* end, bool at_end, const CsvFormat& format)
      : end_(end), at_end_(at_end), quote_(format.quote), delimiter_(format.delimiter) {}

  Row row_at(const char* begin) const {
    const bool full = static_cast<std::size_t>(end_ - begin) > kMaxRowBytes;
    const char* limit = full ? begin + kMaxRowBytes + 1 : end_;
    const bool decided = full || at_end_;
    std::uint64_t lines = 1;
    for (const char* p = begin;;) {
      p = find_break_or(p, limit, quote_);
      if (p == limit) {
        // Too long: the physical line alone, or, where it began with a quoted cell of several lines,
        // the first of them.
        if (full) return physical_line(begin, lines > 1);
        return {limit, at_end_ ? limit : nullptr, lines, false};
      }
      if (*p != quote_) return ended(p, lines);
      const char* open = p++;
      if (open != begin && open[-1] != delimiter_) continue;  // inside a cell it is a character
      const char* close = closing_quote(p, limit);
      if (close + 1 >= limit && !decided) return {};
      if (close == limit) return physical_line(begin, true);
      p = close + 1;
      const std::uint64_t breaks = count_breaks(open, close);
      if (breaks != 0 && !cell_ends_at(p, limit)) return physical_line(begin, true);
      lines += breaks;
    }
  }

 private:
  const char* closing_quote(const char* at, const char* limit) const {
    for (;;) {
      at = find_char(at, limit, quote_);
      if (at == limit || at + 1 == limit || at[1] != quote_) return at;
      at += 2;
    }
  }

  bool cell_ends_at(const char* at, const char* limit) const {
    return at == limit || *at == delimiter_ || *at == '\n' || *at == '\r';
  }

  // The row whose line break stands at `at`.
  Row ended(const char* at, std::uint64_t lines) const {
    if (*at == '\n') return {at, at + 1, lines, false};
    if (at + 1 == end_ && !at_end_) return {};  // whether an LF follows the CR is not known yet
    return {at, at + (at + 1 < end_ && at[1] == '\n' ? 2 : 1), lines, false};
  }

  Row physical_line(const char* begin, bool unclosed_quote) const {
    const char* at = find_break(begin, end_);
    Row row = at != end_ ? ended(at, 1) : Row{at, at_end_ ? at : nullptr, 1, false};
    row.unclosed_quote = unclosed_quote;
    return row;
  }

  const char* end_;
  bool at_end_;
  char quote_;
  char delimiter_;
};

}  // namespace

void split_rows(std::string_view buffer, bool at_end, std::uint64_t first_line,
                const CsvFormat& format, std::size_t max_bytes, SplitResult& out) {
  out.rows.clear();
  out.consumed = 0;
  out.next_line = first_line;
  const Splitter splitter(buffer.data() + buffer.size(), at_end, format);
  while (out.consumed < buffer.size() && (max_bytes == 0 || out.consumed < max_bytes)) {
    const std::size_t begin = out.consumed;
    const Row row = splitter.row_at(buffer.data() + begin);
    if (row.next == nullptr) return;
    const auto end = static_cast<std::size_t>(row.end - buffer.data());
    if (end > begin) out.rows.push_back({begin, end, out.next_line, row.unclosed_quote});
    out.consumed = static_cast<std::size_t>(row.next - buffer.data());
    out.next_line += row.lines;
  }
}

}  // namespace sluice
