#include "common/rows/xml_splitter.h"

#include <algorithm>

#include "common/rows/byte_order_mark.h"
#include "common/rows/json_space.h"
#include "common/rows/line_breaks.h"

namespace sluice {
namespace {

constexpr std::size_t kUnknown = std::string_view::npos;  // more bytes must be seen

struct Section {
  std::string_view open, close;
};
constexpr Section kSections[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};

bool ends_name(char c) { return is_json_space(c) || c == '>' || c == '/'; }

// What stands at a '<'.
enum class Tag { kOther, kSection, kRow, kRowEnd, kUndecided };

class Scanner {
 public:
  Scanner(std::string_view text, bool at_end, std::string_view element)
      : text_(text), at_end_(at_end), element_(element) {}

  std::size_t find_tag(std::size_t at) const { return std::min(text_.find('<', at), text_.size()); }

  Tag tag_at(std::size_t at) const {
    const std::string_view rest = text_.substr(at);
    for (const Section& section : kSections) {
      if (rest.starts_with(section.open)) return Tag::kSection;
      if (!at_end_ && section.open.starts_with(rest)) return Tag::kUndecided;
    }
    const bool end = rest.size() > 1 && rest[1] == '/';
    const std::string_view name = rest.substr(end ? 2 : 1, element_.size() + 1);
    if (name.size() > element_.size()) {
      if (!name.starts_with(element_) || !ends_name(name.back())) return Tag::kOther;
      return end ? Tag::kRowEnd : Tag::kRow;
    }
    const bool may_be = element_.starts_with(name);
    return may_be && !at_end_ ? Tag::kUndecided : Tag::kOther;
  }

  // Behind the section that begins at `at`; one that never ends is passed over as its first character.
  std::size_t behind_section(std::size_t at) const {
    for (const Section& section : kSections) {
      if (!text_.substr(at).starts_with(section.open)) continue;
      const std::size_t close = text_.substr(0, limit(at)).find(section.close, at + section.open.size());
      if (close != std::string_view::npos) return close + section.close.size();
    }
    return full(at) || at_end_ ? at + 1 : kUnknown;
  }

  // Behind the row that begins at `begin`.
  std::size_t row_end(std::size_t begin) const {
    const std::size_t stop = limit(begin);
    const std::size_t undecided = full(begin) || at_end_ ? stop : kUnknown;
    std::size_t at = behind_start_tag(begin, stop);
    if (at == kUnknown) return undecided;
    if (text_[at - 2] == '/') return at;
    while ((at = find_tag(at)) < stop) {
      switch (tag_at(at)) {
        case Tag::kUndecided: return undecided;
        case Tag::kRow: return at;  // the outer was never closed
        case Tag::kRowEnd: {
          const std::size_t close = text_.find('>', at);
          return close < stop ? close + 1 : undecided;
        }
        case Tag::kSection:
          at = behind_section(at);
          if (at == kUnknown) return undecided;
          break;
        case Tag::kOther: ++at; break;
      }
    }
    return undecided;
  }

 private:
  bool full(std::size_t begin) const { return text_.size() - begin > kMaxRowBytes; }
  // One byte more than a row may have, so that it is seen to be too long.
  std::size_t limit(std::size_t begin) const {
    return full(begin) ? begin + kMaxRowBytes + 1 : text_.size();
  }

  // Attributes may hold '>'.
  std::size_t behind_start_tag(std::size_t begin, std::size_t stop) const {
    char quote = '\0';
    for (std::size_t at = begin; at < stop; ++at) {
      const char c = text_[at];
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return at + 1;
      }
    }
    return kUnknown;
  }

  std::string_view text_;
  bool at_end_;
  std::string_view element_;
};

}  // namespace

void split_xml(std::string_view buffer, bool at_end, std::uint64_t first_line, std::string_view element,
               std::size_t max_bytes, SplitResult& out) {
  out.rows.clear();
  out.consumed = 0;
  out.next_line = first_line;
  const Scanner scanner(buffer, at_end, element);
  const auto pass = [&](std::size_t to) {
    // Whether an LF follows the CR is not known yet.
    if (to == buffer.size() && !at_end && to > out.consumed && buffer.back() == '\r') --to;
    out.next_line += count_line_breaks(buffer.substr(out.consumed, to - out.consumed));
    out.consumed = to;
  };
  while (out.consumed < buffer.size() && (max_bytes == 0 || out.consumed < max_bytes)) {
    const std::size_t at = scanner.find_tag(out.consumed);
    pass(at);
    if (at == buffer.size()) return;
    switch (scanner.tag_at(at)) {
      case Tag::kUndecided: return;
      case Tag::kSection: {
        const std::size_t behind = scanner.behind_section(at);
        if (behind == kUnknown) return;
        pass(behind);
        break;
      }
      case Tag::kRow: {
        const std::size_t end = scanner.row_end(at);
        if (end == kUnknown) return;
        out.rows.push_back({at, end, out.next_line, false});
        pass(end);
        break;
      }
      default: pass(at + 1); break;
    }
  }
}

Result<std::size_t> xml_root(std::string_view start, bool at_end) {
  const Scanner scanner(start, at_end, "!DOCTYPE");
  const auto undecided = [&]() -> Result<std::size_t> {
    if (at_end || start.size() > kMaxRowBytes) return fail("The file is no XML: it has no root element.");
    return kUnknown;
  };
  if (may_be_byte_order_mark(start, at_end)) return kUnknown;
  for (std::size_t at = byte_order_mark(start);;) {
    while (at < start.size() && is_json_space(start[at])) ++at;
    if (at >= start.size()) return undecided();
    if (start[at] != '<') return fail("The file is no XML: it does not begin with an element.");
    switch (scanner.tag_at(at)) {
      case Tag::kUndecided: return undecided();
      case Tag::kSection:
        at = scanner.behind_section(at);
        if (at == kUnknown) return undecided();
        break;
      case Tag::kRow: {  // the document type
        const std::size_t end = start.find_first_of("[>", at);
        if (end == std::string_view::npos) return undecided();
        if (start[end] == '[') {
          return fail("The file's document type holds declarations (<!DOCTYPE … [ … ]>); such files are refused, "
                      "because entities declared there can make a small file a huge one.");
        }
        at = end + 1;
        break;
      }
      default: return at;
    }
  }
}

}  // namespace sluice
