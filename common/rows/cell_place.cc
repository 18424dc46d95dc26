#include "common/rows/cell_place.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/rows/csv_cells.h"
#include "common/rows/json_space.h"
#include "common/rows/value_path.h"

namespace sluice {
namespace {

using Span = std::pair<std::size_t, std::size_t>;  // bytes: from, to

// The column's own name, or the one that its path begins with, whichever `is_there` says is there.
template <typename IsThere>
std::optional<std::string> name_of(std::string_view column, IsThere is_there) {
  if (is_there(column)) return std::string(column);
  const auto path = ValuePath::parse(column);
  if (!path || !is_there(path->head())) return std::nullopt;
  return std::string(path->head());
}

std::optional<Span> csv_cell(const RowContext& context, std::string_view row, std::string_view column) {
  if (!context.header) return std::nullopt;
  CsvFormat format;
  format.delimiter = context.delimiter;
  format.quote = context.quote;
  const auto names = split_cells(*context.header, format);
  if (!names) return std::nullopt;
  const auto name = name_of(column, [&](std::string_view n) { return std::ranges::find(*names, n) != names->end(); });
  if (!name) return std::nullopt;
  return cell_span(row, format, static_cast<std::size_t>(std::ranges::find(*names, *name) - names->begin()));
}

// Behind the JSON text that begins with the quote at `at`.
std::size_t end_of_text(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

std::size_t end_of_value(std::string_view json, std::size_t at) {
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = end_of_text(json, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;
    ++at;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  while (at > 0 && is_json_space(json[at - 1])) --at;
  return at;
}

// The value of a member of the outermost object.
std::optional<Span> member_of(std::string_view json, std::string_view name) {
  std::size_t at = json.find('{');
  while (at != std::string_view::npos && at < json.size()) {
    const std::size_t from = json.find('"', at);
    if (from == std::string_view::npos) break;
    const std::size_t to = end_of_text(json, from);
    std::size_t value = json.find(':', to);
    if (value == std::string_view::npos) break;
    for (++value; value < json.size() && is_json_space(json[value]);) ++value;
    const std::size_t end = end_of_value(json, value);
    if (json.substr(from + 1, to - from - 2) == name) return Span{value, end};
    at = end;
  }
  return std::nullopt;
}

std::optional<Span> json_value(std::string_view row, std::string_view column) {
  const auto name = name_of(column, [&](std::string_view n) { return member_of(row, n).has_value(); });
  return name ? member_of(row, *name) : std::nullopt;
}

// The text of the first element of the path's last name.
std::optional<Span> xml_text(std::string_view row, std::string_view column) {
  column = column.substr(0, column.find_first_of("@["));
  if (column.starts_with("count(")) return std::nullopt;
  const std::string open = "<" + std::string(column.substr(column.rfind('/') + 1));
  for (std::size_t at = row.find(open); at != std::string_view::npos; at = row.find(open, at + 1)) {
    const std::size_t behind = at + open.size();
    if (behind >= row.size() || (row[behind] != '>' && row[behind] != ' ')) continue;
    const std::size_t from = row.find('>', behind);
    if (from == std::string_view::npos) return std::nullopt;
    return Span{from + 1, std::min(row.find('<', from), row.size())};
  }
  return std::nullopt;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

std::optional<CellPlace> place_of_cell(const RowContext& context, std::string_view row, std::string_view column) {
  if (column.empty()) return std::nullopt;
  std::optional<Span> found;
  switch (context.format) {
    case FileFormat::kCsv: found = csv_cell(context, row, column); break;
    case FileFormat::kNdjson:
    case FileFormat::kJson: found = json_value(row, column); break;
    case FileFormat::kXml: found = xml_text(row, column); break;
  }
  if (!found) return std::nullopt;
  return CellPlace{characters(row.substr(0, found->first)),
                   characters(row.substr(found->first, found->second - found->first))};
}

}  // namespace sluice
