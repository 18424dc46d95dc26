#pragma once
// Expressions of a definition ("budget / revenue", "lower(title)", "type == \"pageview\"") as typed trees,
// and what they give for a row. Pure and exact: arithmetic is done in rationals, and only a result that
// is stored becomes a decimal. Null goes through everything (null + 1 is null, null == null is true, so
// that `x == null` asks for it); `and`, `or`, `not` and `where` take null for false.
//
// Trees are immutable and shared between threads. evaluator.h has what gives a row's value.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/model/cell.h"

namespace sluice {

// Decimals after the point of every quotient: averages, shares, ratios.
inline constexpr int kQuotientScale = 6;

enum class Function {
  kLiteral, kColumn,
  kAdd, kSubtract, kMultiply, kDivide, kNegate,
  kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual,
  kAnd, kOr, kNot,
  kIf,           // if(condition, then, else)
  kCoalesce,     // the first that is not null
  kConcat,       // texts and integers one behind the other; null if one is
  kLower,        // of ASCII letters, and of Latin, Greek and Cyrillic ones by Unicode's simple folding
  kLastPart,     // last_part("Europe/Oslo", "/") is "Oslo"
  kJoin,         // join(list, "; ")
  kSize,         // of a list
  kYear,         // of a date or timestamp (UTC), an integer
  kHour,         // the timestamp at which its hour begins (UTC)
  kDaysBetween,  // days_between(a, b): whole days from b's date to a's (UTC)
  kWindow,       // the label of the calendar window that a date or timestamp falls in
};

struct LabelledWindow {
  CalendarWindow calendar;
  std::string pattern;  // window_label's; empty = the unit's usual form
};

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

struct Expression {
  Function function = Function::kLiteral;
  ColumnType type = ColumnType::kString;
  bool is_list = false;    // a text that holds a JSON array of texts
  bool is_null = false;    // the literal null, which fits every type
  bool quotient = false;   // a division stands in it: rounds to kQuotientScale when it is stored
  bool nullable = true;
  std::size_t column = 0;  // kColumn: index into the cells given
  std::string text;        // kLiteral of type string; also for messages
  Cell literal;            // the others
  std::vector<ExpressionPtr> arguments;
  std::shared_ptr<const LabelledWindow> window;  // kWindow
};

ExpressionPtr column_expression(std::size_t column, ColumnType type, bool nullable,
                                bool is_list = false);
ExpressionPtr window_expression(ExpressionPtr time, LabelledWindow window);
// The columns it reads, through `each`.
void for_each_column(const Expression& expression, const std::function<void(std::size_t)>& each);
// The same tree over other column numbers.
ExpressionPtr renumbered(const ExpressionPtr& expression,
                         const std::function<std::size_t(std::size_t)>& number);
// A text that is equal for equal trees, for fingerprints.
std::string canonical_text(const Expression& expression);

}  // namespace sluice
