#pragma once
// What a table in Postgres must look like, and how an existing one becomes it. Pure: makes
// statements, runs none.

#include <span>
#include <string>
#include <vector>

#include "common/definition/definition.h"

namespace sluice::loader {

struct TableColumn {
  std::string name;
  std::string type;  // as Postgres names it: "text", "bigint", "timestamp with time zone", …
  bool in_key = false;
  bool not_null = false;
  std::string default_value{};  // SQL, for rows that are there when the column comes; empty: none
};

struct TablePlan {
  std::string schema;
  std::string name;
  std::vector<TableColumn> columns;  // the product's own (they begin with '_') last
  std::string topic{};               // the only one that fills it; empty: there are several
  std::vector<std::string> indexes{};  // "name ON table (…)"
  std::string tombstones{};          // under which name its deletions are remembered; empty: its own

  std::string qualified() const;         // "schema"."name"
  std::vector<std::string> key() const;  // names of the key columns, in order
};

// The type's name in Postgres.
std::string sql_type(ColumnType type);
// The type in a column's definition: text is compared by its bytes, as every other part of the
// product does.
std::string column_type(const TableColumn& column);

// Where a report's table is built that is not the report yet.
inline constexpr const char* kShadowSchema = "_sluice_next";

// Unsafe if the report has no key column.
TablePlan report_table(const ReportSpec& report);
TablePlan records_table(const Dataset& dataset);
TablePlan files_table();
TablePlan dead_letters_table();

// A column of the table as it is in the database.
struct ExistingColumn {
  std::string name;
  std::string type;
  bool not_null = false;
  bool in_key = false;
  bool has_default = false;
};

// The statements that make the table from what is there (nothing: CREATE TABLE; missing columns
// outside the key: ADD COLUMN; bigint that must be numeric: ALTER COLUMN, which rewrites the
// table). Throws Unsafe, saying what differs and what to do, where rows would have to be thought up
// or thrown away.
std::vector<std::string> migration(const TablePlan& plan, std::span<const ExistingColumn> existing);

}  // namespace sluice::loader
