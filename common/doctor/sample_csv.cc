// CSV: the dialect in which most rows have as many cells as the first.
#include <algorithm>
#include <optional>
#include <set>

#include "common/base/decimal.h"
#include "common/doctor/sample_builder.h"
#include "common/rows/csv_cells.h"
#include "common/rows/csv_splitter.h"
#include "common/rows/field_parsers.h"
#include "common/rows/text_encoding.h"

namespace sluice::doctor {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_in(std::string_view text, bool at_end, const CsvFormat& dialect) {
  SplitResult split;
  split_rows(text, at_end, 1, dialect, 0, split);
  Rows out;
  for (const RawRow& row : split.rows) {
    if (out.size() > kSampleRows) break;
    auto cells = split_cells(text.substr(row.begin, row.end - row.begin), dialect);
    out.push_back(cells && !row.unclosed_quote ? *std::move(cells) : std::vector<std::string>());
  }
  return out;
}

// How well the rows fit together: the share that is as wide as the first, then its width.
std::pair<std::size_t, std::size_t> fitness(const Rows& rows) {
  if (rows.empty() || rows.front().size() < 2) return {0, 0};
  const std::size_t width = rows.front().size();
  const auto fitting = std::ranges::count_if(rows, [&](const auto& row) { return row.size() == width; });
  return {100 * static_cast<std::size_t>(fitting) / rows.size(), width};
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

}  // namespace

Result<bool> sample_csv(std::string_view text, bool at_end, Sample& sample) {
  text.remove_prefix(byte_order_mark(text));
  Rows rows = rows_in(text, at_end, sample.csv);
  auto best = fitness(rows);
  for (const char quote : {'"', '\''}) {
    for (const char delimiter : {',', ';', '\t', '|'}) {
      CsvFormat dialect;
      dialect.delimiter = delimiter;
      dialect.quote = quote;
      Rows found = rows_in(text, at_end, dialect);
      const auto fit = fitness(found);
      if (fit <= best) continue;
      best = fit;
      rows = std::move(found);
      sample.csv = dialect;
    }
  }
  if (rows.empty() || rows.front().empty()) return true;
  sample.csv.header = is_header(rows.front());
  std::vector<std::string> names = rows.front();
  if (!sample.csv.header) {
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = "column_" + std::to_string(i + 1);
  }
  SampleBuilder builder(sample);
  for (const std::string& name : names) {
    if (!name.empty()) builder.column(name);
    sample.leaves_columns_out |= name.empty();
  }
  for (std::size_t i = sample.csv.header ? 1 : 0; i < rows.size() && !builder.full(); ++i) {
    if (rows[i].size() != names.size()) continue;  // a dead letter, as may be seen
    builder.begin_row();
    for (std::size_t cell = 0; cell < names.size(); ++cell) {
      if (names[cell].empty()) continue;
      builder.add(names[cell], SampleKind::kUntyped, trimmed(rows[i][cell]));
    }
  }
  return true;
}

}  // namespace sluice::doctor
