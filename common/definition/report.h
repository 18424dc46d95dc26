#pragma once
// A report, read and checked. It is made in three steps:
//
//   relation   the rows that are counted: the dataset's records, perhaps exploded by a list, or what a
//              derivation makes of all records of one entity (a customer, a basket, a city's hour)
//   families   groupings of the relation's rows with aggregates. Family 0 has the report's own groups;
//              the others are coarser ones that its rows refer to (the total of the month)
//   rows       measures computed from a group's cells and the aggregates of its families; or only the
//              first rows of an order over all groups (top)
//
// All numbers of columns in expressions count the relation's columns: the dataset's, then `derived`. In
// measures and orders they count the row's context: the group's cells, then the aggregates of family 0,
// then those of each further reference.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/expression/expression.h"
#include "common/model/cell.h"

namespace sluice {

// One column of the normalised record: the record's JSON, the dataset's table and reports use these.
// A money field becomes two: the amount (decimal) and the currency (string).
struct ColumnSpec {
  std::string name;
  ColumnType type = ColumnType::kString;
  bool nullable = true;
  int min_scale = 0;       // decimal
  bool is_amount = false;  // the next column is its currency; min_scale comes from the currency
  bool is_list = false;    // a string that holds a JSON array of strings
};

enum class AggregateKind {
  kCount,       // of the rows, or of those with a value
  kSum,
  kMin,
  kMax,
  kDistinct,    // how many different values
  kFirst,       // the value of the row that comes first by `by`; rows without a `by` do not count
  kLast,
  kPercentile,  // nearest rank: the smallest value that at least the fraction is not greater than
};

struct AggregateSpec {
  AggregateKind kind = AggregateKind::kCount;
  ExpressionPtr value;  // null for a count of rows
  ExpressionPtr where;  // null: every row
  std::vector<ExpressionPtr> by;
  Decimal fraction;  // percentile, 0 to 1
};
std::string canonical_text(const AggregateSpec& aggregate);

struct FamilySpec {
  std::vector<ExpressionPtr> keys;
  ExpressionPtr where;  // null: every row
  std::vector<AggregateSpec> aggregates;
};

struct FamilyReference {
  std::size_t family = 0;
  // Which of the row's group cells are the family's keys, in their order.
  std::vector<std::size_t> group_at;
};

struct GroupSpec {
  std::string name;
  ColumnType type = ColumnType::kString;
  int min_scale = 0;
};

struct MeasureSpec {
  std::string name;
  ExpressionPtr value;
};

struct WindowSpec {
  CalendarWindow calendar;
  std::string name = "window";  // the report's column
  std::string pattern;          // window_label's; empty = the unit's usual form
};

struct OrderExpression {
  ExpressionPtr value;
  bool descending = false;
};

// Only the first `rows` groups, ranked from 1. Ties are settled by the further orders, then by the
// group's bytes.
struct TopSpec {
  std::size_t rows = 0;
  std::vector<OrderExpression> order;
};

// --- derivations: what becomes of all records of one entity ---------------------------------------

// Each record with columns of the record before it, by `order`; ties go by the carried columns, among
// which is the key.
struct PreviousSpec {
  std::vector<ExpressionPtr> per;
  ExpressionPtr order;
  std::vector<ExpressionPtr> take;
};
// Each record with how many records the entity has in the `months` calendar months that end with the
// record's own.
struct TrailingSpec {
  std::vector<ExpressionPtr> per;
  ExpressionPtr time;
  int months = 1;
  TimeZone zone = TimeZone::utc();
};
// For each entity: one row of level "all", one of level "item" for each different item, one of level
// "pair" for each two items in byte order. Above `max_items` there are no pairs but a row "skipped".
struct PairsSpec {
  std::vector<ExpressionPtr> per;
  ExpressionPtr of;
  std::size_t max_items = 0;
};
// One row for each entity: its keys, and aggregates over its records.
struct RollupSpec {
  std::vector<ExpressionPtr> per;
  std::vector<AggregateSpec> aggregates;
};
// Each record with columns of the record of another dataset whose key equals one of its own; of several
// the first by `pick`. Several alternatives give a row each, with the alternative's number, or null in all
// of the derived columns where nothing is found.
struct LookupSpec {
  std::string dataset;
  std::vector<std::vector<ExpressionPtr>> match;  // alternatives, over this dataset's columns
  // Over the other dataset's columns:
  std::vector<ExpressionPtr> key;
  std::vector<OrderExpression> pick;  // ties: the record's key
  std::vector<ExpressionPtr> take;
};

using Derivation = std::variant<PreviousSpec, TrailingSpec, PairsSpec, RollupSpec, LookupSpec>;

enum class ReportColumnKind { kGroup, kMeasure, kRank };
struct ReportColumn {
  std::string name;
  ReportColumnKind kind = ReportColumnKind::kGroup;
  ColumnType type = ColumnType::kString;
  std::size_t index = 0;  // into ReportSpec::groups or measures
  bool in_key = false;
  int min_scale = 0;
  // A sum of money: the number's digits follow the currency found in this column of the report.
  std::optional<std::size_t> currency_at = std::nullopt;
};

struct OrderBy {
  std::string column;
  bool descending = false;
};

struct CsvSink {
  std::string path;  // under data/out; of an export: the file's name
  std::vector<OrderBy> order;
  char delimiter = ',';
  char quote = '"';
  bool header = true;
};

// The whole report, on a schedule and on request: current/<file> is replaced, and below hist/ there
// is one Parquet file more each time.
struct ExportSpec {
  bool to_s3 = false;
  std::string bucket;  // S3; empty: the installation's own
  std::string place;   // S3: how the keys begin, "data/metrics/"; else a folder below data/out
  std::optional<CsvSink> current;
  bool hist = true;
  std::int64_t every_seconds = 0;  // 0: on request only
};

// "data/out/metrics/" or "s3://bucket/data/metrics/", for messages; one place, one report.
std::string place_of(const ExportSpec& exported);

struct ReportSpec {
  std::string name;

  std::optional<std::size_t> explode;  // a list column; the item is the first of `derived`
  std::optional<Derivation> derive;
  std::vector<ColumnSpec> derived;
  // Of the dataset's columns, those that the derivation's rows carry, ascending.
  std::vector<std::size_t> carried;
  ExpressionPtr where;  // null: every row of the relation

  std::vector<GroupSpec> groups;
  std::optional<WindowSpec> window;  // also one of the groups
  std::vector<FamilySpec> families;
  std::vector<FamilyReference> references;  // 0: the group's own
  std::vector<MeasureSpec> measures;
  std::optional<TopSpec> top;
  // The row's columns in the definition's order.
  std::vector<ReportColumn> columns;

  bool to_postgres = true;
  std::optional<CsvSink> csv;
  std::optional<ExportSpec> exported;
};

std::string canonical_text(const LookupSpec& lookup);
// Everything that decides what the report's state and rows are.
std::string canonical_text(const ReportSpec& report);
// What the report looks up in another dataset; null if it does not.
const LookupSpec* lookup_of(const ReportSpec& report);

// What a dataset must send to a report of another one that looks its records up.
struct FeedSpec {
  std::string dataset;  // the report's
  std::string report;
  std::int32_t partitions = 1;  // of that dataset
  LookupSpec lookup;

  std::string name() const { return dataset + "/" + report; }
};

}  // namespace sluice
