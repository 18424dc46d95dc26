#include "services/loader/core/csv_select.h"

#include <algorithm>
#include <filesystem>

#include "common/base/sql_text.h"

namespace sluice::loader {
namespace {

std::string shown(const ReportColumn& column) {
  const std::string name = "t." + quote_name(column.name);
  switch (column.type) {
    case ColumnType::kBoolean:
      return name + "::text AS " + quote_name(column.name);
    case ColumnType::kTimestamp:
      return "regexp_replace(to_char(" + name +
             R"( AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '\.?0+$', '') || 'Z' AS )" +
             quote_name(column.name);
    default:
      return name;
  }
}

std::string sql_character(char character) {
  if (character == '\t') return "E'\\t'";
  if (character == '\'') return "''''";
  return std::string("'") + character + "'";
}

}  // namespace

std::string csv_copy(const ReportSpec& report, const CsvSink& sink) {
  std::string columns, order;
  for (const ReportColumn& column : report.columns) {
    columns += (columns.empty() ? "" : ", ") + shown(column);
  }
  const auto by = [&](const std::string& name, bool descending) {
    order += (order.empty() ? "" : ", ") + ("t." + quote_name(name)) +
             (descending ? " DESC NULLS LAST" : " ASC NULLS LAST");
  };
  for (const OrderBy& one : sink.order) by(one.column, one.descending);
  for (const ReportColumn& column : report.columns) {
    const bool named =
        std::ranges::find(sink.order, column.name, &OrderBy::column) != sink.order.end();
    if (column.in_key && !named) by(column.name, false);
  }
  return "COPY (SELECT " + columns + " FROM " + report_table(report).qualified() +
         " AS t ORDER BY " + order + ") TO STDOUT WITH (FORMAT csv, HEADER " +
         (sink.header ? "true" : "false") + ", DELIMITER " + sql_character(sink.delimiter) +
         ", QUOTE " + sql_character(sink.quote) + ")";
}

Result<std::string> export_path(const std::string& path) {
  const std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  const bool inside = !path.empty() && normal.is_relative() && normal.has_filename() &&
                      normal != "." && *normal.begin() != "..";
  if (!inside) {
    return fail("the CSV path '" + path +
                "' leads out of the folder for exports; name a file in it");
  }
  return normal.string();
}

}  // namespace sluice::loader
