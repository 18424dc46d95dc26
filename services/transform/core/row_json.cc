#include "services/transform/core/row_json.h"

#include "common/base/json_text.h"
#include "common/model/currency.h"
#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {
namespace {

struct AppendJson {
  std::string& out;
  int min_scale;

  void operator()(std::monostate) const { out.append("null"); }
  void operator()(std::string_view text) const { append_json_string(out, text); }
  void operator()(std::int64_t number) const { out.append(std::to_string(number)); }
  void operator()(const Decimal& number) const { append_to(out, canonical(number, min_scale)); }
  void operator()(bool yes) const { out.append(yes ? "true" : "false"); }
  void operator()(Date date) const { append_json_string(out, to_string(date)); }
  void operator()(Instant instant) const { append_json_string(out, to_string(instant)); }
};

void append_json(std::string& out, const Cell& cell, int min_scale) {
  std::visit(AppendJson{out, min_scale}, cell);
}

// How many digits the column's decimals have at least: a sum of money has its currency's.
int scale_of(const ReportColumn& column, const std::vector<Cell>& row) {
  if (!column.currency_at) return column.min_scale;
  const auto* currency = std::get_if<std::string_view>(&row.at(*column.currency_at));
  if (currency == nullptr) return column.min_scale;
  return minor_units(*currency).value_or(column.min_scale);
}

}  // namespace

Result<std::vector<Cell>> read_group(const ReportSpec& report, std::string_view group) {
  ByteCursor reader(group);
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < report.groups.size(); ++i) cells.push_back(read_cell(reader));
  if (!reader.ok() || !reader.at_end()) {
    return fail("the bytes are not a group of report '" + report.name + "'");
  }
  return cells;
}

std::string write_key(const ReportSpec& report, const std::vector<Cell>& group, std::int64_t rank) {
  std::string key = "[";
  for (const ReportColumn& column : report.columns) {
    if (!column.in_key) continue;
    if (key.size() > 1) key.push_back(',');
    const bool is_rank = column.kind == ReportColumnKind::kRank;
    append_json(key, is_rank ? Cell{rank} : group.at(column.index), column.min_scale);
  }
  key.push_back(']');
  return key;
}

RowJson write_row(const ReportSpec& report, const std::vector<Cell>& context, std::int64_t rank,
                  Evaluator& evaluator) {
  std::vector<Cell> row;
  row.reserve(report.columns.size());
  for (const ReportColumn& column : report.columns) {
    switch (column.kind) {
      case ReportColumnKind::kRank: row.emplace_back(rank); break;
      case ReportColumnKind::kGroup: row.push_back(context.at(column.index)); break;
      case ReportColumnKind::kMeasure:
        row.push_back(evaluator.cell(*report.measures.at(column.index).value, context));
        break;
    }
  }
  RowJson out;
  out.key = write_key(report, context, rank);
  out.value.push_back('{');
  for (std::size_t i = 0; i < row.size(); ++i) {
    append_json_string(out.value, report.columns[i].name);
    out.value.push_back(':');
    append_json(out.value, row[i], scale_of(report.columns[i], row));
    out.value.push_back(',');
  }
  evaluator.clear();
  return out;
}

void append_revision(std::string& value, std::uint64_t revision) {
  value.append("\"_revision\":").append(std::to_string(revision)).push_back('}');
}

}  // namespace sluice::transform
