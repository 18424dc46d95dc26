// What a report may not do with its relation's rows, because it would be silently wrong.
#include <algorithm>

#include <fmt/format.h>

#include "common/definition/report_scope.h"

namespace sluice::definition {
namespace {

// What the relation's rows have of the records; null: all of it.
const std::vector<ExpressionPtr>* carried_by(const ReportSpec& report) {
  static const std::vector<ExpressionPtr> nothing;
  if (!report.derive) return nullptr;
  if (std::holds_alternative<PairsSpec>(*report.derive)) return &nothing;
  const auto* rollup = std::get_if<RollupSpec>(&*report.derive);
  return rollup == nullptr ? nullptr : &rollup->per;
}

std::optional<std::size_t> not_carried(const Expression& expression,
                                       const std::vector<std::string>& carried, std::size_t own) {
  if (std::ranges::find(carried, canonical_text(expression)) != carried.end()) return std::nullopt;
  if (expression.function == Function::kColumn) {
    return expression.column < own ? std::optional(expression.column) : std::nullopt;
  }
  for (const ExpressionPtr& argument : expression.arguments) {
    if (const auto found = not_carried(*argument, carried, own)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> column_not_carried(const ReportScope& scope, const Expression& expression) {
  const auto* per = carried_by(scope.report);
  if (per == nullptr) return std::nullopt;
  std::vector<std::string> carried;
  for (const ExpressionPtr& one : *per) carried.push_back(canonical_text(*one));
  const auto column = not_carried(expression, carried, scope.dataset.columns.size());
  if (!column) return std::nullopt;
  return scope.dataset.columns[*column].name;
}

std::string rows_of(const ReportSpec& report) {
  return std::holds_alternative<PairsSpec>(*report.derive)
             ? "a row of `pairs:` has only item_a and item_b"
             : "a row of `rollup:` has only what stands in its `per:` and `take:`";
}

bool reads_amount(const Expression& expression, const std::vector<ColumnSpec>& columns) {
  const bool is_number = expression.type == ColumnType::kDecimal || expression.type == ColumnType::kInteger;
  bool found = false;
  for_each_column(expression, [&](std::size_t column) {
    found = found || (column < columns.size() && columns[column].is_amount);
  });
  return is_number && found;
}

void refuse_list(const YamlCursor& at, const ExpressionPtr& expression) {
  if (expression == nullptr || !expression->is_list) return;
  at.error("is a list; `explode:` makes a row of each of its items, and join(…) a text");
}

}  // namespace sluice::definition
