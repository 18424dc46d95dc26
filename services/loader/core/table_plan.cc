#include "services/loader/core/table_plan.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/base/sql_text.h"

namespace sluice::loader {
namespace {

constexpr const char* kBigint = "bigint";
constexpr const char* kNumeric = "numeric";
constexpr const char* kText = "text";
constexpr const char* kTimestamp = "timestamp with time zone";

std::string names_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + quote_name(name);
  return out;
}

std::string definition_of(const TableColumn& column) {
  return quote_name(column.name) + " " + column_type(column) + (column.not_null ? " NOT NULL" : "") +
         (column.default_value.empty() ? "" : " DEFAULT " + column.default_value);
}

std::string create_table(const TablePlan& plan) {
  std::string out = "CREATE TABLE " + plan.qualified() + " (";
  for (const TableColumn& column : plan.columns) out += definition_of(column) + ", ";
  // Room in each page, so that an update can stay in it and touches no index.
  return out + "PRIMARY KEY (" + names_of(plan.key()) + ")) WITH (fillfactor = 80)";
}

[[noreturn]] void refuse(const TablePlan& plan, const std::string& difference) {
  throw Unsafe("Table " + plan.schema + "." + plan.name + " is not as its definition says: " +
               difference + ". Rename or drop the table: the loader makes it and loads it anew; " +
               "or put the definition back");
}

// Every value of the one is the same value in the other.
bool is_widening(const std::string& have, const std::string& want) {
  return have == kBigint && want == kNumeric;
}

void check_column(const TablePlan& plan, const TableColumn& want, const ExistingColumn& have) {
  if (want.type != have.type && !is_widening(have.type, want.type)) {
    refuse(plan, "column '" + want.name + "' is " + have.type + " and must be " + want.type);
  }
  if (want.in_key != have.in_key) {
    refuse(plan, "column '" + want.name + "' " +
                     (want.in_key ? "must be part of the primary key"
                                  : "must not be part of the primary key"));
  }
  if (have.not_null && !want.not_null) {
    refuse(plan, "column '" + want.name + "' is NOT NULL and must accept nulls");
  }
}

}  // namespace

std::string TablePlan::qualified() const { return quote_name(schema) + "." + quote_name(name); }

std::vector<std::string> TablePlan::key() const {
  std::vector<std::string> out;
  for (const TableColumn& column : columns) {
    if (column.in_key) out.push_back(column.name);
  }
  return out;
}

std::string sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::kString:
      return kText;
    case ColumnType::kInteger:
      return kBigint;
    case ColumnType::kDecimal:
      return kNumeric;
    case ColumnType::kBoolean:
      return "boolean";
    case ColumnType::kDate:
      return "date";
    case ColumnType::kTimestamp:
      return kTimestamp;
  }
  return kText;
}

std::string column_type(const TableColumn& column) {
  return column.type == kText ? "text COLLATE \"C\"" : column.type;
}

TablePlan report_table(const ReportSpec& report) {
  TablePlan plan{"public", report.name, {}};
  for (const ReportColumn& column : report.columns) {
    plan.columns.push_back({column.name, sql_type(column.type), column.in_key, column.in_key});
  }
  if (plan.key().empty()) {
    throw Unsafe(
        "Report '" + report.name +
        "' has no key column, so its table would have no primary key. Give it a group_by or "
        "a window");
  }
  plan.columns.push_back({"_revision", kBigint, false, true});
  return plan;
}

TablePlan records_table(const Dataset& dataset) {
  TablePlan plan{"public", dataset.name, {}};
  for (std::size_t i = 0; i < dataset.columns.size(); ++i) {
    const ColumnSpec& column = dataset.columns[i];
    const bool in_key = std::ranges::find(dataset.key, i) != dataset.key.end();
    plan.columns.push_back({column.name, sql_type(column.type), in_key, in_key});
  }
  for (const char* own : {"_place", "_entry", "_line"}) {
    plan.columns.push_back({own, kBigint, false, true});
  }
  return plan;
}

TablePlan files_table() {
  return {"_sluice",
          "files",
          {{"id", kText, true, true},
           {"place", kBigint},
           {"name", kText},
           {"path", kText},
           {"dataset", kText},
           {"source", kText},
           {"sha256", kText},
           {"bytes", kBigint},
           {"state", kText},
           {"rows", kBigint},
           {"published", kBigint},
           {"records", kBigint},
           {"dead_letters", kBigint},
           {"duplicates", kBigint},
           {"corrections", kBigint},
           {"late", kBigint},
           {"duplicate_of", kText},
           {"error", kText},
           {"started_at", kTimestamp},
           {"finished_at", kTimestamp},
           {"event_time_max", kTimestamp},
           {"_offset", kBigint}},
          {},
          // For a dataset's watermark, which the api reads with each page of a report.
          {"files_reached ON _sluice.files (dataset, least(event_time_max, finished_at)) WHERE state = 'done'",
           "files_finished ON _sluice.files (dataset, finished_at)",
           "files_unsettled ON _sluice.files (dataset) WHERE state IN ('found', 'waiting', 'reading')"}};
}

TablePlan dead_letters_table() {
  return {"_sluice",
          "dead_letters",
          {{"id", kText, true, true},
           {"dataset", kText},
           {"file", kText},
           {"file_name", kText},
           {"entry", "integer"},
           {"line", kBigint},
           {"column", kText},
           {"rule", kText},
           {"reason", kText},
           {"row", kText},
           {"stage", kText},
           {"created_at", kTimestamp},
           {"context", kText},
           {"retry", kText},
           {"attempts", kBigint, false, true, "1"},
           {"state", kText, false, true, "'open'"},
           {"resolved_at", kTimestamp},
           {"resolved_by", kText},
           {"note", kText},
           {"_offset", kBigint}}};
}

std::vector<std::string> migration(const TablePlan& plan,
                                   std::span<const ExistingColumn> existing) {
  if (existing.empty()) return {create_table(plan)};
  std::vector<std::string> statements;
  for (const TableColumn& want : plan.columns) {
    const auto have = std::ranges::find(existing, want.name, &ExistingColumn::name);
    if (have != existing.end()) {
      check_column(plan, want, *have);
      if (have->type != want.type) {
        statements.push_back("ALTER TABLE " + plan.qualified() + " ALTER COLUMN " +
                             quote_name(want.name) + " TYPE " + column_type(want));
      }
    } else if (want.not_null && want.default_value.empty()) {
      refuse(plan, "column '" + want.name + "' is missing and its rows have no value for it");
    } else {
      statements.push_back("ALTER TABLE " + plan.qualified() + " ADD COLUMN " +
                           definition_of(want));
    }
  }
  for (const ExistingColumn& have : existing) {
    const bool known =
        std::ranges::find(plan.columns, have.name, &TableColumn::name) != plan.columns.end();
    if (!known && (have.in_key || (have.not_null && !have.has_default))) {
      refuse(plan, "column '" + have.name + "' is not in the definition and cannot stay empty");
    }
  }
  return statements;
}

}  // namespace sluice::loader
