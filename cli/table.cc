#include "cli/table.h"

#include <algorithm>

namespace sluice::cli {
namespace {

// A sentence that says what is wrong stands last, where its length moves nothing.
constexpr std::size_t kLongestLast = 500;

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

// One line, no control characters, at most max_width code points.
std::string fitted(std::string_view text, std::size_t max_width) {
  std::string out;
  std::size_t taken = 0;
  const bool cut = width(text) > max_width;
  for (char c : text) {
    if (!continues(c)) {
      if (taken == (cut ? max_width - 1 : max_width)) break;
      ++taken;
    }
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return cut ? out + "…" : out;
}

void append_cell(std::string& out, std::string_view text, std::size_t to, bool right, bool last) {
  const std::string pad(to - width(text), ' ');
  if (right) out += pad;
  out += text;
  if (!right && !last) out += pad;
  out += last ? "\n" : "  ";
}

}  // namespace

std::string render_table(const std::vector<TableColumn>& columns,
                         const std::vector<std::vector<std::string>>& rows, std::size_t max_width) {
  std::vector<std::vector<std::string>> cells;
  std::vector<std::size_t> widths;
  for (const TableColumn& column : columns) widths.push_back(width(column.title));
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool last = i + 1 == columns.size();
      line.push_back(fitted(i < row.size() ? row[i] : "", last ? std::max(max_width, kLongestLast) : max_width));
      widths[i] = std::max(widths[i], width(line.back()));
    }
  }
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    append_cell(out, columns[i].title, widths[i], columns[i].right, i + 1 == columns.size());
  }
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      append_cell(out, row[i], widths[i], columns[i].right, i + 1 == columns.size());
    }
  }
  return out;
}

std::string more_hint(int limit) {
  constexpr int kMostRows = 10'000;
  if (limit >= kMostRows) {
    return "… more rows: narrow them down, or go on with the api's cursor (\"next\" in --json)\n";
  }
  return "… more rows: --limit " + std::to_string(limit < kMostRows / 10 ? limit * 10 : kMostRows) +
         "\n";
}

}  // namespace sluice::cli
