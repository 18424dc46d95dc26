#pragma once
// What the parts of a report's builder share: the report at hand and what names mean in its expressions.
// Only for .cc files of this folder.

#include <functional>
#include <map>
#include <optional>
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
  Result<ExpressionPtr> relation_name(const std::string& name) const;
  // "-ratio" is descending.
  static OrderBy order_of(const std::string& text);

  ReportSpec& report;
  const Dataset& dataset;
  const FindDataset& find;
  // `compute:` and the like: names that stand for expressions.
  std::map<std::string, ExpressionPtr> computed;
};

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
