#pragma once
// What the parts of a report's builder share: the report at hand and what names mean in its expressions.
// Only for .cc files of this folder.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "common/definition/yaml_cursor.h"
#include "common/expression/typing.h"

namespace sluice::definition {

// Another dataset's name, columns, key and times; nullopt: no definition here makes it. Its reports may
// not be there yet.
using FindDataset = std::function<std::optional<Dataset>(const std::string& name)>;

class ReportScope {
 public:
  ReportScope(ReportSpec& of, const Dataset& records, const FindDataset& others)
      : report(of), dataset(records), find(others) {}

  // An expression over the relation's rows; reports and gives null if it is none.
  ExpressionPtr relation_expression(const YamlCursor& at, const std::string& text) const;
  std::vector<ExpressionPtr> relation_expressions(const YamlCursor& at) const;
  // What the name stands for, and an Error if there is no such name or the relation's rows lack it.
  Result<ExpressionPtr> relation_name(const std::string& name) const;
  // Whether anything has that name, also what the relation's rows lack.
  bool is_taken(const std::string& name) const { return look_up(name).has_value(); }
  // "-ratio" is descending.
  static OrderBy order_of(const std::string& text);

  ReportSpec& report;
  const Dataset& dataset;
  const FindDataset& find;
  // `compute:` and the like: names that stand for expressions.
  std::map<std::string, ExpressionPtr> computed;
  // Derived columns, by their numbers in the relation, that hold amounts apart from their currencies.
  std::set<std::size_t> loose_amounts;

 private:
  Result<ExpressionPtr> look_up(const std::string& name) const;
};

// A record's column that the expression reads but the relation's rows lack: those of `pairs` have none of
// them, those of `rollup` what stands in `per:`. nullopt: they have all.
std::optional<std::string> column_not_carried(const ReportScope& scope, const Expression& expression);
// What the rows of `pairs` and `rollup` have, for messages.
std::string rows_of(const ReportSpec& report);
// Whether an amount of money stands in it, among these columns.
bool reads_amount(const Expression& expression, const std::vector<ColumnSpec>& columns);
// Reports a list: nothing is told apart, matched or ordered by one.
void refuse_list(const YamlCursor& at, const ExpressionPtr& expression);

// An expression over the columns, none of them derived or computed.
ExpressionPtr expression_over(const YamlCursor& at, const std::string& text,
                              const std::vector<ColumnSpec>& columns);
Error no_such_name(const std::string& name, const std::vector<std::string>& known);

// `explode:`, `previous:`, `trailing:`, `pairs:`, `rollup:`, `lookup:`, `compute:`, `where:`.
void build_relation(const YamlCursor& report, ReportScope& scope);
// Which of the dataset's columns the derivation's rows carry: those that anything behind it reads. Last.
void note_carried(ReportScope& scope);
// `measures:` and `top:`, with the families and references that they need; the groups are known.
// Aggregates have provisional numbers in their expressions until settle_context.
void build_measures(const YamlCursor& report, ReportScope& scope);
// The aggregates that a measure is made of; before settle_context.
std::vector<const AggregateSpec*> aggregates_of(const ReportSpec& report, const Expression& measure);
void settle_context(ReportSpec& report);
// An aggregate call over a relation; an Error is a sentence.
Result<AggregateSpec> build_aggregate(const Syntax& call, const Names& names);
bool is_aggregate(const std::string& name);
ColumnType type_of(const AggregateSpec& aggregate);

}  // namespace sluice::definition
