// CSV: the dialect in which most rows have as many cells as the first, or as the first below a title and notes.
#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <set>

#include "common/base/decimal.h"
#include "common/doctor/sample_builder.h"
#include "common/rows/csv_cells.h"
#include "common/rows/csv_preamble.h"
#include "common/rows/csv_splitter.h"
#include "common/rows/field_parsers.h"
#include "common/rows/text_encoding.h"

namespace sluice::doctor {
namespace {

// Above a header there may be so many rows of a title, a date and notes.
constexpr std::size_t kMostAbove = 50;
constexpr std::size_t kFittingPercent = 80;  // of the rows below them

struct Row {
  std::uint64_t line = 0;
  std::vector<std::string> cells;  // none: its quotes are broken
};
using Rows = std::vector<Row>;

Rows rows_in(std::string_view text, bool at_end, std::uint64_t first_line, const CsvFormat& dialect) {
  SplitResult split;
  split_rows(text, at_end, first_line, dialect, 0, split);
  Rows out;
  for (const RawRow& row : split.rows) {
    if (out.size() > kSampleRows + kMostAbove) break;
    auto cells = split_cells(text.substr(row.begin, row.end - row.begin), dialect);
    out.push_back({row.line, cells && !row.unclosed_quote ? *std::move(cells) : std::vector<std::string>()});
  }
  return out;
}

// How well rows fit together.
struct Fitness {
  std::size_t percent = 0;  // of them are as wide as the first
  std::size_t width = 0;
  auto operator<=>(const Fitness&) const = default;
};

// Of the rows from `first` on.
Fitness fitness(const Rows& rows, std::size_t first = 0) {
  if (first >= rows.size() || rows[first].cells.size() < 2) return {};
  const std::size_t width = rows[first].cells.size();
  const auto fitting = std::count_if(rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end(),
                                     [&](const Row& row) { return row.cells.size() == width; });
  return {100 * static_cast<std::size_t>(fitting) / (rows.size() - first), width};
}

// Names, each once; no row of values looks like that.
bool is_header(const std::vector<std::string>& cells) {
  std::set<std::string> seen;
  return std::ranges::all_of(cells, [&](const std::string& cell) {
    const std::string_view name = trimmed(cell);
    const bool time = !name.empty() && name.front() >= '0' && name.front() <= '9' &&
                      name.find_first_not_of("0123456789-/.:TZ +") == std::string_view::npos;
    const bool value = time || parse_decimal(name) || parse_money(name, DecimalMark::kByCurrency) ||
                       parse_boolean(name);
    return !value && (name.empty() || seen.insert(cell).second);
  });
}

// A title in a table's first column: spreadsheets write its row as wide as the table.
bool is_padded(const std::vector<std::string>& cells) {
  const auto filled = std::ranges::count_if(cells, [](const std::string& cell) { return !trimmed(cell).empty(); });
  return cells.size() >= 2 && trimmed(cells.back()).empty() && static_cast<std::size_t>(filled) * 2 <= cells.size();
}

// The first of the rows that are as wide as most, and a header; 0, if that is no other than the first of all.
std::size_t below_a_preamble(const Rows& rows) {
  std::map<std::size_t, std::size_t> widths;
  for (const Row& row : rows) ++widths[row.cells.size()];
  const auto most = std::ranges::max_element(widths, {}, [](const auto& entry) { return entry.second; });
  if (most == widths.end() || most->first < 2) return 0;
  for (std::size_t i = 0; i < std::min(rows.size(), kMostAbove + 1); ++i) {
    if (rows[i].cells.size() != most->first || is_padded(rows[i].cells)) continue;
    const bool good = i + 1 < rows.size() && is_header(rows[i].cells) && rows[i].line <= kMaxSkipLines &&
                      fitness(rows, i).percent >= kFittingPercent;
    return good ? i : 0;
  }
  return 0;
}

// A file's beginning, as one dialect takes it apart.
struct Reading {
  CsvFormat dialect;
  Rows rows;
  std::size_t first = 0;  // of the rows: the header, or what may be one
  Fitness fit;
};

// By the dialect in which most rows are as wide as the first; below a preamble, where that fits better.
Reading best_reading(std::string_view text, bool at_end, const CsvPreamble& above) {
  Reading best;
  if (above.delimiter) best.dialect.delimiter = *above.delimiter;
  best.rows = rows_in(text, at_end, above.lines + 1, best.dialect);
  best.fit = fitness(best.rows);
  std::optional<Reading> below;
  for (const char quote : {'"', '\''}) {
    for (const char delimiter : {',', ';', '\t', '|'}) {
      if (above.delimiter && delimiter != *above.delimiter) continue;
      Reading found;
      found.dialect.delimiter = delimiter;
      found.dialect.quote = quote;
      found.rows = rows_in(text, at_end, above.lines + 1, found.dialect);
      found.fit = fitness(found.rows);
      if (const std::size_t first = below_a_preamble(found.rows); first > 0) {
        Reading other = found;
        other.first = first;
        other.fit = fitness(found.rows, first);
        if (!below || other.fit > below->fit) below = std::move(other);
      }
      if (found.fit > best.fit) best = std::move(found);
    }
  }
  if (!below) return best;
  const bool as_wide = below->fit.width == best.fit.width && !best.rows.empty() && is_padded(best.rows.front().cells);
  const bool better = below->fit.percent > best.fit.percent && below->fit.width > best.fit.width;
  return as_wide || better || best.fit.percent < 50 ? *std::move(below) : best;
}

}  // namespace

Result<bool> sample_csv(std::string_view text, bool at_end, Sample& sample) {
  text.remove_prefix(byte_order_mark(text));
  const auto preamble = csv_preamble(text, at_end, {});
  if (!preamble) return tl::unexpected(preamble.error());
  const CsvPreamble above = preamble->value_or(CsvPreamble());
  const Reading reading = best_reading(text.substr(above.bytes), at_end, above);
  if (reading.rows.empty() || reading.rows[reading.first].cells.empty()) return true;
  const std::vector<std::string>& first = reading.rows[reading.first].cells;
  sample.csv = reading.dialect;
  sample.csv.header = is_header(first);
  if (reading.first > 0) sample.csv.skip_lines = reading.rows[reading.first].line - 1;
  std::vector<std::string> names = first;
  if (!sample.csv.header) {
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = "column_" + std::to_string(i + 1);
  }
  SampleBuilder builder(sample);
  for (const std::string& name : names) {
    if (!name.empty()) builder.column(name);
    sample.leaves_columns_out |= name.empty();
  }
  for (std::size_t i = reading.first + (sample.csv.header ? 1 : 0); i < reading.rows.size() && !builder.full(); ++i) {
    const std::vector<std::string>& cells = reading.rows[i].cells;
    if (cells.size() != names.size()) {
      ++sample.misshaped_rows;
      continue;
    }
    builder.begin_row();
    for (std::size_t cell = 0; cell < names.size(); ++cell) {
      if (names[cell].empty()) continue;
      builder.add(names[cell], SampleKind::kUntyped, trimmed(cells[cell]));
    }
  }
  return true;
}

}  // namespace sluice::doctor
