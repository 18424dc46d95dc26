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

TableSpec make_files_table() {
  TableSpec out{"_sluice", "files", {}, {}};
  out.columns = {{"id", kString, true},     {"name", kString},          {"path", kString},
                 {"dataset", kString},      {"source", kString},        {"sha256", kString},
                 {"bytes", kInteger},       {"state", kString, false, file_states()},
                 {"rows", kInteger},
                 {"records", kInteger},     {"dead_letters", kInteger}, {"duplicates", kInteger},
                 {"corrections", kInteger}, {"late", kInteger},         {"duplicate_of", kString},
                 {"error", kString},        {"started_at", kTimestamp}, {"finished_at", kTimestamp},
                 {"place", kInteger}};
  out.default_order = {{index_of(out, "place"), true}};
  return out;
}

TableSpec make_dead_letters_table() {
  TableSpec out{"_sluice", "dead_letters", {}, {}};
  out.columns = {{"id", kString, true},  {"dataset", kString}, {"file", kString},
                 {"file_name", kString}, {"entry", kInteger},  {"line", kInteger},
                 {"column", kString},    {"rule", kString},    {"reason", kString},
                 {"row", kString},       {"stage", kString},   {"created_at", kTimestamp}};
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

}  // namespace

TableSpec table_of(const ReportSpec& report) {
  TableSpec out{"public", report.name, {}, {}};
  for (const ReportColumn& column : report.columns) {
    out.columns.push_back({column.name, column.type, column.in_key, {}});
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

}  // namespace sluice::api
