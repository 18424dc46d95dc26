#pragma once
// A table as the API shows it: a report's, the files', the dead letters' or the
// exports'. Queries, cursors,
// writers and the OpenAPI document are made from this one description.

#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/cell.h"

namespace sluice::api {

struct TableColumn {
  std::string name;
  ColumnType type = ColumnType::kString;
  bool in_key = false;  // the key columns together tell a row; they are never null
  std::vector<std::string_view> one_of{};  // of a text: the only ones there are; empty: any
  bool ordered = true;  // rows may be ordered by it; a cursor holds its value

  // Of a report's columns, what they are to it.
  enum class Kind { kGroup, kWindow, kMeasure, kRank };
  Kind kind = Kind::kGroup;
  std::string_view window_unit = {};  // "month"; of a window
  std::string window_pattern = {};    // its label's, "%Y_%m"
  // Rows of this measure may be added up: it is a count or a sum.
  bool sums = false;
  std::string currency = {};  // the column that tells this amount's currency
};

struct OrderTerm {
  std::size_t column = 0;  // index into TableSpec::columns
  bool descending = false;
  bool operator==(const OrderTerm&) const = default;
};

struct TableSpec {
  std::string schema;
  std::string table;
  std::vector<TableColumn> columns;      // what is answered, in order
  std::vector<OrderTerm> default_order;  // completed by the key columns
};

TableSpec table_of(const ReportSpec& report);
const TableSpec& files_table();
const TableSpec& dead_letters_table();
const TableSpec& exports_table();
const TableSpec& replays_table();

std::string_view type_name(ColumnType type);          // "string", "integer", "decimal", …
std::string_view kind_name(TableColumn::Kind kind);    // "group", "window", "measure", "rank"

}  // namespace sluice::api
