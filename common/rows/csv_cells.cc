#include "common/rows/csv_cells.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "common/rows/value_path.h"
#include "common/rows/value_tree.h"

namespace sluice {
namespace {

// A cell of a row, from `at` on. Returns where the cell's text stands; `next` is behind its delimiter.
struct CellScan {
  std::string_view text;
  bool doubled_quotes = false;
  bool broken = false;
  bool last = false;
  std::size_t next = 0;
};

CellScan scan_cell(std::string_view row, std::size_t at, const CsvFormat& format) {
  CellScan cell;
  const auto find = [row](std::size_t from, char c) {
    const void* found = from < row.size() ? std::memchr(row.data() + from, c, row.size() - from) : nullptr;
    return found == nullptr ? row.size()
                            : static_cast<std::size_t>(static_cast<const char*>(found) - row.data());
  };
  if (at < row.size() && row[at] == format.quote) {
    std::size_t i = at + 1;
    while (true) {
      i = find(i, format.quote);
      if (i == row.size()) {
        cell.broken = true;
        return cell;
      }
      if (i + 1 >= row.size() || row[i + 1] != format.quote) break;
      cell.doubled_quotes = true;
      i += 2;
    }
    cell.text = row.substr(at + 1, i - at - 1);
    cell.last = i + 1 >= row.size();
    cell.broken = !cell.last && row[i + 1] != format.delimiter;
    cell.next = i + 2;
    return cell;
  }
  const std::size_t end = find(at, format.delimiter);
  cell.last = end == row.size();
  cell.text = row.substr(at, end - at);
  cell.next = end + 1;
  return cell;
}

void append_unescaped(std::string& out, std::string_view text, char quote) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == quote) ++i;
  }
}

std::string broken_quote(std::size_t column) {
  return fmt::format("column {} has a quote that does not end where its cell does", column);
}

// Where a field's text stands: a column, and perhaps a path into its nested value.
struct Place {
  std::size_t column = 0;
  std::optional<ValuePath> path;
  std::string source;  // for messages
  std::string scratch;
};

class CsvCells final : public CellReader {
 public:
  CsvCells(const CsvFormat& format, std::size_t width, std::vector<Place> places)
      : format_(format), places_(std::move(places)), unescaped_(width) {}
  CsvCells(const CsvCells& other) = default;

  std::unique_ptr<CellReader> clone() const override { return std::make_unique<CsvCells>(*this); }

  bool read(std::string_view row, std::vector<SourceCell>& cells, RowRejection& rejection) override {
    if (!split(row, rejection)) return false;
    cells.resize(places_.size());
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      const std::string_view text = columns_[place.column];
      if (!place.path) {
        cells[i] = {text, CellKind::kUntyped};
      } else if (!nested(place, text, cells[i], rejection)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool split(std::string_view row, RowRejection& rejection) {
    columns_.clear();
    std::size_t unescaped_used = 0;
    for (std::size_t at = 0;;) {
      const CellScan cell = scan_cell(row, at, format_);
      if (cell.broken) return reject(rejection, "", "quote", broken_quote(columns_.size() + 1));
      if (cell.doubled_quotes && unescaped_used < unescaped_.size()) {
        std::string& text = unescaped_[unescaped_used++];
        text.clear();
        append_unescaped(text, cell.text, format_.quote);
        columns_.push_back(text);
      } else {
        columns_.push_back(cell.text);
      }
      if (cell.last) break;
      at = cell.next;
    }
    const std::size_t width = unescaped_.size();
    if (columns_.size() == width) return true;
    return reject(rejection, "", "columns",
                  fmt::format("the row has {} columns, the header has {}", columns_.size(), width));
  }

  bool nested(Place& place, std::string_view text, SourceCell& cell, RowRejection& rejection) {
    cell = {};
    if (text.empty()) return true;
    tree_.clear();
    auto root = tree_.add_json(text);
    if (!root) root = tree_.add_python(text);
    if (!root) {
      return reject(rejection, place.source, "literal",
                    fmt::format("{} is neither JSON nor a Python literal: {}", place.source,
                                root.error().message));
    }
    const auto found = place.path->find(tree_, *root, place.scratch);
    if (!found) {
      return reject(rejection, place.source, "literal",
                    fmt::format("{} {}", place.source, found.error().message));
    }
    cell = *found;
    return true;
  }

  CsvFormat format_;
  std::vector<Place> places_;
  std::vector<std::string_view> columns_;  // of the row at hand
  std::vector<std::string> unescaped_;     // cells with doubled quotes, without them
  ValueTree tree_;
};

Result<Place> place_of(const FieldSpec& field, const std::vector<std::string>& names) {
  Place place;
  place.source = field.source;
  const auto column_of = [&](std::string_view name) {
    place.column = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    return place.column < names.size();
  };
  const bool is_list = field.type == FieldType::kList;
  if (!is_list && column_of(field.source)) return place;
  const auto path = ValuePath::parse(field.source, is_list);
  if (!path) return tl::unexpected(path.error());
  if (!column_of(path->head())) return fail(fmt::format("there is no column {}", field.source));
  place.path = path->tail();
  return place;
}

}  // namespace

Result<std::vector<std::string>> split_cells(std::string_view row, const CsvFormat& format) {
  std::vector<std::string> cells;
  for (std::size_t at = 0;;) {
    const CellScan cell = scan_cell(row, at, format);
    if (cell.broken) return fail(broken_quote(cells.size() + 1));
    auto& text = cells.emplace_back();
    if (cell.doubled_quotes) {
      append_unescaped(text, cell.text, format.quote);
    } else {
      text = cell.text;
    }
    if (cell.last) return cells;
    at = cell.next;
  }
}

std::optional<std::pair<std::size_t, std::size_t>> cell_span(std::string_view row, const CsvFormat& format,
                                                             std::size_t number) {
  for (std::size_t at = 0;; --number) {
    const CellScan cell = scan_cell(row, at, format);
    if (cell.broken) return std::nullopt;
    if (number == 0) return std::pair(at, cell.last ? row.size() : cell.next - 1);
    if (cell.last) return std::nullopt;
    at = cell.next;
  }
}

Result<std::unique_ptr<CellReader>> csv_cell_reader(const Dataset& dataset, const CsvFormat& format,
                                                    const std::vector<std::string>& names) {
  std::vector<Place> places;
  for (const FieldSpec& field : dataset.fields) {
    if (field.path_field) continue;
    auto place = place_of(field, names);
    if (!place) return tl::unexpected(place.error());
    places.push_back(*std::move(place));
  }
  return std::make_unique<CsvCells>(format, names.size(), std::move(places));
}

std::vector<std::string> columns_without_header(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const FieldSpec& field : dataset.fields) {
    if (!field.path_field) names.push_back(field.source);
  }
  return names;
}

}  // namespace sluice
