#include "services/transform/core/row_json.h"

#include "common/base/json_text.h"
#include "common/model/currency.h"
#include "services/transform/core/group_key.h"

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

Result<RowJson> write_row(const ReportSpec& report, const Measures& measures,
                          std::string_view group, const Accumulators* values,
                          std::uint64_t revision) {
  const auto keys = read_group(report, group);
  if (!keys) return tl::unexpected<Error>(keys.error());
  std::vector<Cell> row(report.columns.size());
  std::size_t next_key = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const ReportColumn& column = report.columns[i];
    if (column.kind != ReportColumnKind::kMeasure) {
      row[i] = (*keys)[next_key++];
    } else if (values != nullptr) {
      row[i] = measures.shown(*values, column.index);
    }
  }

  RowJson out;
  out.key.push_back('[');
  for (std::size_t i = 0; i < row.size(); ++i) {
    const ReportColumn& column = report.columns[i];
    if (!column.in_key) continue;
    if (out.key.size() > 1) out.key.push_back(',');
    append_json(out.key, row[i], column.min_scale);
  }
  out.key.push_back(']');
  if (values == nullptr) return out;

  out.value.push_back('{');
  for (std::size_t i = 0; i < row.size(); ++i) {
    append_json_string(out.value, report.columns[i].name);
    out.value.push_back(':');
    append_json(out.value, row[i], scale_of(report.columns[i], row));
    out.value.push_back(',');
  }
  out.value.append("\"_revision\":").append(std::to_string(revision)).push_back('}');
  return out;
}

}  // namespace sluice::transform
