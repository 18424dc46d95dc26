#include "common/rows/csv_preamble.h"

#include <fmt/format.h>

#include "common/rows/raw_rows.h"

namespace sluice {
namespace {

constexpr std::string_view kSep = "sep=";
constexpr std::size_t kLongestSepLine = kSep.size() + 3;  // "sep=;"

// A physical line of a text: how long it is, and where the next begins.
struct Line {
  std::size_t size = 0;
  std::size_t next = 0;
};

// The text's first line; nullopt: its end is not seen yet.
std::optional<Line> first_line(std::string_view text, bool at_end) {
  const std::size_t end = text.find_first_of("\r\n");
  if (end == std::string_view::npos) return at_end ? std::optional(Line{text.size(), text.size()}) : std::nullopt;
  if (text[end] == '\n') return Line{end, end + 1};
  if (end + 1 == text.size() && !at_end) return std::nullopt;  // an LF may follow the CR
  return Line{end, end + (end + 1 < text.size() && text[end + 1] == '\n' ? 2 : 1)};
}

// Of `sep=;` or `"sep=;"`, in any letters.
std::optional<char> named_delimiter(std::string_view line) {
  if (line.size() == kLongestSepLine && line.front() == '"' && line.back() == '"') {
    line = line.substr(1, line.size() - 2);
  }
  if (line.size() != kSep.size() + 1) return std::nullopt;
  for (std::size_t i = 0; i < kSep.size(); ++i) {
    const char c = line[i] >= 'A' && line[i] <= 'Z' ? static_cast<char>(line[i] - 'A' + 'a') : line[i];
    if (c != kSep[i]) return std::nullopt;
  }
  return line.back();
}

bool may_stand(char delimiter, const CsvFormat& format) {
  if (delimiter == '"' || (format.quote_given && delimiter == format.quote)) return false;
  if (static_cast<unsigned char>(delimiter) < 0x20 && delimiter != '\t') return false;
  return !format.delimiter_given || delimiter == format.delimiter;
}

}  // namespace

Result<std::optional<CsvPreamble>> csv_preamble(std::string_view start, bool at_end, const CsvFormat& format) {
  CsvPreamble out;
  const std::string_view beginning = start.substr(0, kLongestSepLine + 2);
  const auto first = first_line(beginning, at_end && beginning.size() == start.size());
  if (!first && beginning.size() == start.size()) return std::optional<CsvPreamble>();
  if (first) {
    const auto delimiter = named_delimiter(start.substr(0, first->size));
    if (delimiter && may_stand(*delimiter, format)) out = {first->next, 1, delimiter};
  }
  while (out.bytes < start.size() || !at_end) {
    const std::string_view rest = start.substr(out.bytes);
    const auto line = first_line(rest, at_end);
    const bool skipped = out.lines < format.skip_lines;
    if (skipped && (line ? out.bytes + line->next : start.size()) > kMaxRowBytes) {
      return fail(fmt::format("The {} lines above its rows, which the definition skips, are longer than {} MiB.",
                              format.skip_lines, kMaxRowBytes >> 20U));
    }
    if (!skipped && (line ? out.bytes : start.size()) > kMaxRowBytes) {
      return fail(fmt::format("Above its header the file has more than {} MiB of blank lines.", kMaxRowBytes >> 20U));
    }
    const bool blank = rest.empty() || rest.front() == '\r' || rest.front() == '\n';
    if (!skipped && !(blank && format.header)) break;  // without a header the splitter passes over blank lines
    if (!line) return std::optional<CsvPreamble>();
    out.bytes += line->next;
    ++out.lines;
  }
  return std::optional(out);
}

}  // namespace sluice
