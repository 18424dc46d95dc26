#include "common/expression/expression.h"

namespace sluice {

ExpressionPtr column_expression(std::size_t column, ColumnType type, bool nullable, bool is_list) {
  auto out = std::make_shared<Expression>();
  out->function = Function::kColumn;
  out->column = column;
  out->type = type;
  out->nullable = nullable;
  out->is_list = is_list;
  return out;
}

ExpressionPtr window_expression(ExpressionPtr time, LabelledWindow window) {
  auto out = std::make_shared<Expression>();
  out->function = Function::kWindow;
  out->nullable = time->nullable;
  out->arguments.push_back(std::move(time));
  out->window = std::make_shared<const LabelledWindow>(std::move(window));
  return out;
}

void for_each_column(const Expression& expression, const std::function<void(std::size_t)>& each) {
  if (expression.function == Function::kColumn) each(expression.column);
  for (const ExpressionPtr& argument : expression.arguments) for_each_column(*argument, each);
}

ExpressionPtr renumbered(const ExpressionPtr& expression,
                         const std::function<std::size_t(std::size_t)>& number) {
  auto out = std::make_shared<Expression>(*expression);
  if (out->function == Function::kColumn) out->column = number(out->column);
  for (ExpressionPtr& argument : out->arguments) argument = renumbered(argument, number);
  return out;
}

std::string canonical_text(const Expression& expression) {
  if (expression.function == Function::kColumn) return "#" + std::to_string(expression.column);
  std::string out = std::to_string(static_cast<int>(expression.function));
  if (expression.function == Function::kLiteral) {
    out += "'" + std::to_string(expression.text.size()) + "'" + expression.text;
  }
  if (const LabelledWindow* w = expression.window.get()) {
    out += "window " + std::to_string(static_cast<int>(w->calendar.unit)) + " " +
           std::to_string(static_cast<int>(w->calendar.week_starts_on)) + " " +
           std::string(w->calendar.zone.name()) + " " + w->pattern;
  }
  out += "(";
  for (const ExpressionPtr& argument : expression.arguments) out += canonical_text(*argument) + ",";
  return out + ")";
}

}  // namespace sluice
