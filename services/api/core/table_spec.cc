#include "services/api/core/table_spec.h"

#include "common/model/file_events.h"

namespace sluice::api {
namespace {

constexpr auto kString = ColumnType::kString;
constexpr auto kInteger = ColumnType::kInteger;
constexpr auto kTimestamp = ColumnType::kTimestamp;

std::size_t index_of(const TableSpec& table, std::string_view name) {
  std::size_t i = 0;
  while (table.columns[i].name != name) ++i;
  return i;
}

std::vector<std::string_view> file_states() {
  std::vector<std::string_view> out;
  for (const FileState state : kFileStates) out.push_back(to_string(state));
  return out;
}

TableColumn::Kind kind_of(const ReportSpec& report, const ReportColumn& column) {
  switch (column.kind) {
    case ReportColumnKind::kMeasure:
      return TableColumn::Kind::kMeasure;
    case ReportColumnKind::kRank:
      return TableColumn::Kind::kRank;
    case ReportColumnKind::kGroup:
      break;
  }
  const bool window = report.window && report.window->name == column.name;
  return window ? TableColumn::Kind::kWindow : TableColumn::Kind::kGroup;
}

std::string_view unit_name(WindowUnit unit) {
  switch (unit) {
    case WindowUnit::kHour:
      return "hour";
    case WindowUnit::kDay:
      return "day";
    case WindowUnit::kWeek:
      return "week";
    case WindowUnit::kMonth:
      return "month";
    case WindowUnit::kQuarter:
      return "quarter";
    case WindowUnit::kYear:
      return "year";
  }
  return "month";
}

// Whether a measure is a plain count or sum over the report's own groups: then that of two groups together is the sum
// of theirs. Of an average, a ratio, a least or a number of different values it is not.
bool is_sum(const ReportSpec& report, std::size_t measure) {
  if (measure >= report.measures.size() || report.families.empty()) return false;
  const ExpressionPtr& value = report.measures[measure].value;
  if (value == nullptr || value->function != Function::kColumn) return false;
  // A record that is counted in several groups would be counted several times in their sum.
  if (report.explode || (report.derive && std::holds_alternative<PairsSpec>(*report.derive))) return false;
  const auto& aggregates = report.families.front().aggregates;
  const std::size_t first = report.groups.size();
  if (value->column < first || value->column - first >= aggregates.size()) return false;
  const AggregateKind kind = aggregates[value->column - first].kind;
  return kind == AggregateKind::kCount || kind == AggregateKind::kSum;
}

TableSpec make_files_table() {
  TableSpec out{"_sluice", "files", {}, {}};
  out.columns = {{"id", kString, true},     {"name", kString},          {"path", kString},
                 {"dataset", kString},      {"source", kString},        {"sha256", kString},
                 {"bytes", kInteger},       {"state", kString, false, file_states()},
                 {"rows", kInteger},
                 {"records", kInteger},     {"dead_letters", kInteger}, {"duplicates", kInteger},
                 {"corrections", kInteger}, {"late", kInteger},         {"duplicate_of", kString},
                 {"error", kString},        {"started_at", kTimestamp}, {"finished_at", kTimestamp},
                 {"event_time_max", kTimestamp}, {"place", kInteger}};
  out.default_order = {{index_of(out, "place"), true}};
  return out;
}

TableSpec make_dead_letters_table() {
  TableSpec out{"_sluice", "dead_letters", {}, {}};
  out.columns = {{"id", kString, true},  {"dataset", kString}, {"file", kString},
                 {"file_name", kString}, {"entry", kInteger},  {"line", kInteger},
                 {"column", kString},    {"rule", kString},    {"reason", kString},
                 {"row", kString},       {"stage", kString},   {"created_at", kTimestamp},
                 {"attempts", kInteger},
                 {"state", kString, false, {"open", "retried", "discarded"}},
                 {"retry", kString},     {"resolved_at", kTimestamp},
                 {"resolved_by", kString}, {"note", kString}};
  out.columns[index_of(out, "row")].ordered = false;  // up to 4 MiB
  out.default_order = {{index_of(out, "created_at"), true},
                       {index_of(out, "file"), false},
                       {index_of(out, "entry"), false},
                       {index_of(out, "line"), false}};
  return out;
}

TableSpec make_exports_table() {
  TableSpec out{"_sluice", "exports", {}, {}};
  out.columns = {{"id", kString, true},        {"report", kString},
                 {"state", kString, false, {"queued", "running", "done", "failed"}},
                 {"trigger", kString, false, {"request", "schedule"}},
                 {"requested_at", kTimestamp}, {"started_at", kTimestamp},
                 {"finished_at", kTimestamp},  {"taken_at", kTimestamp},
                 {"attempts", kInteger},       {"revision", kInteger},
                 {"rows", kInteger},           {"current", kString},
                 {"current_bytes", kInteger},  {"current_rows", kInteger},
                 {"current_revision", kInteger}, {"hist", kString},
                 {"hist_bytes", kInteger},     {"error", kString}};
  out.default_order = {{index_of(out, "requested_at"), true}};
  return out;
}

TableSpec make_replays_table() {
  TableSpec out{"_sluice", "replays", {}, {}};
  out.columns = {{"id", kString, true},
                 {"dataset", kString},
                 {"report", kString},
                 {"trigger", kString, false, {"request", "definition"}},
                 {"state", kString, false, {"running", "done", "dropped", "failed"}},
                 {"stage", kString, false, {"queued", "building", "cutting", "comparing", "removing"}},
                 {"from", kString},
                 {"swap", ColumnType::kBoolean},
                 {"generation", kInteger},
                 {"requested_at", kTimestamp},
                 {"compared_at", kTimestamp},
                 {"swapped_at", kTimestamp},
                 {"finished_at", kTimestamp},
                 {"error", kString}};
  out.default_order = {{index_of(out, "requested_at"), true}};
  return out;
}

}  // namespace

TableSpec table_of(const ReportSpec& report) {
  TableSpec out{"public", report.name, {}, {}};
  for (const ReportColumn& column : report.columns) {
    TableColumn& made = out.columns.emplace_back();
    made.name = column.name;
    made.type = column.type;
    made.in_key = column.in_key;
    made.kind = kind_of(report, column);
    if (made.kind == TableColumn::Kind::kWindow) {
      made.window_unit = unit_name(report.window->calendar.unit);
      made.window_pattern = report.window->pattern;
    }
    made.sums = made.kind == TableColumn::Kind::kMeasure && is_sum(report, column.index);
    if (column.currency_at) made.currency = report.columns[*column.currency_at].name;
  }
  return out;
}

const TableSpec& files_table() {
  static const TableSpec table = make_files_table();
  return table;
}

const TableSpec& dead_letters_table() {
  static const TableSpec table = make_dead_letters_table();
  return table;
}

const TableSpec& exports_table() {
  static const TableSpec table = make_exports_table();
  return table;
}

const TableSpec& replays_table() {
  static const TableSpec table = make_replays_table();
  return table;
}

std::string_view type_name(ColumnType type) {
  switch (type) {
    case ColumnType::kString:
      return "string";
    case ColumnType::kInteger:
      return "integer";
    case ColumnType::kDecimal:
      return "decimal";
    case ColumnType::kBoolean:
      return "boolean";
    case ColumnType::kDate:
      return "date";
    case ColumnType::kTimestamp:
      return "timestamp";
  }
  return "string";
}

std::string_view kind_name(TableColumn::Kind kind) {
  switch (kind) {
    case TableColumn::Kind::kGroup:
      return "group";
    case TableColumn::Kind::kWindow:
      return "window";
    case TableColumn::Kind::kMeasure:
      return "measure";
    case TableColumn::Kind::kRank:
      return "rank";
  }
  return "group";
}

}  // namespace sluice::api
