#include "services/loader/core/export_plan.h"

#include <algorithm>

#include "common/base/sql_text.h"
#include "services/loader/core/table_plan.h"

namespace sluice::loader {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  const std::int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

std::string file_of(const ReportSpec& report, std::string_view id) {
  return report.name + "-" + std::string(id) + ".parquet";
}

}  // namespace

Instant snapshot_time(Instant now, std::optional<Instant> last) {
  const Instant whole{floor_to(now.micros, kSecond)};
  return last ? std::max(whole, Instant{floor_to(last->micros, kSecond) + kSecond}) : whole;
}

std::string current_path(const ReportSpec& report) {
  return "current/" + report.exported->current->path;
}

std::string hist_path(const ReportSpec& report, std::string_view id, Instant taken) {
  const std::string at = to_string(taken);  // 2021-01-23T10:15:00Z
  return "hist/year=" + at.substr(0, 4) + "/month=" + at.substr(5, 2) + "/day=" + at.substr(8, 2) +
         "/time=" + at.substr(11, 2) + at.substr(14, 2) + at.substr(17, 2) + "/" +
         file_of(report, id);
}

bool is_export_of(const ReportSpec& report, std::string_view file_name) {
  const ExportSpec& made = *report.exported;
  return (made.current && file_name == made.current->path) ||
         (made.hist && file_name.starts_with(report.name + "-") &&
          file_name.ends_with(".parquet"));
}

std::optional<Instant> due_slot(std::int64_t every_seconds, Instant now,
                                std::optional<Instant> last_slot) {
  if (every_seconds <= 0) return std::nullopt;
  const Instant slot{floor_to(now.micros, every_seconds * kSecond)};
  if (last_slot && *last_slot >= slot) return std::nullopt;
  return slot;
}

std::optional<std::chrono::seconds> pause_after(int attempt) {
  if (attempt >= kExportAttempts) return std::nullopt;
  return std::chrono::seconds(1 << std::clamp(attempt - 1, 0, 6));
}

std::string shape_select(const ReportSpec& report) {
  std::string out = "SELECT count(*)";
  for (const ReportColumn& column : report.columns) {
    if (column.type != ColumnType::kDecimal) continue;
    out += ", GREATEST(" + std::to_string(kParquetScale) + ", COALESCE(max(min_scale(t." +
           quote_name(column.name) + ")), 0))";
  }
  return out + " FROM " + report_table(report).qualified() + " AS t";
}

std::string parquet_select(const ReportSpec& report) {
  std::string columns, order;
  for (const ReportColumn& column : report.columns) {
    const std::string name = "t." + quote_name(column.name);
    if (column.in_key) order += (order.empty() ? "" : ", ") + name;
    columns += columns.empty() ? "" : ", ";
    if (column.type == ColumnType::kDate) {
      columns += name + " - DATE '1970-01-01'";
    } else if (column.type == ColumnType::kTimestamp) {
      columns += "(extract(epoch FROM " + name + ") * 1000000)::bigint";
    } else if (column.type == ColumnType::kDecimal) {
      columns += "trim_scale(" + name + ")";
    } else {
      columns += name;
    }
  }
  return "SELECT " + columns + " FROM " + report_table(report).qualified() + " AS t ORDER BY " +
         order;
}

}  // namespace sluice::loader
