#pragma once
// Expressions of a definition ("budget / revenue", "lower(title)", "type == \"pageview\"") as typed trees,
// and what they give for a row. Pure and exact: arithmetic is done in rationals, and only a result that
// is stored becomes a decimal. Null goes through everything (null + 1 is null, null == null is true, so
// that `x == null` asks for it); `and`, `or`, `not` and `where` take null for false.
//
// Trees are immutable and shared between threads; an Evaluator has scratch space and belongs to one.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "common/model/cell.h"

namespace sluice {

using Rational = boost::multiprecision::cpp_rational;

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
};

ExpressionPtr column_expression(std::size_t column, ColumnType type, bool nullable,
                                bool is_list = false);
// The columns it reads, through `each`.
void for_each_column(const Expression& expression, const std::function<void(std::size_t)>& each);
// The same tree over other column numbers.
ExpressionPtr renumbered(const ExpressionPtr& expression,
                         const std::function<std::size_t(std::size_t)>& number);
// A text that is equal for equal trees, for fingerprints.
std::string canonical_text(const Expression& expression);

class Evaluator {
 public:
  // Texts it makes live until clear(). A number that does not fit in 38 digits is null.
  Cell cell(const Expression& expression, std::span<const Cell> row);
  bool is_true(const Expression& expression, std::span<const Cell> row);
  // A number, exact; nullopt: null, or division by zero.
  std::optional<Rational> number(const Expression& expression, std::span<const Cell> row);
  void clear() { texts_.clear(); }

 private:
  std::string_view keep(std::string text);
  Cell compare(const Expression& expression, std::span<const Cell> row);
  Cell text_function(const Expression& expression, std::span<const Cell> row);
  Cell time_function(const Expression& expression, std::span<const Cell> row);

  std::deque<std::string> texts_;  // views into them stay good
};

// Rounds half to even. nullopt: more than 38 digits.
std::optional<Decimal> to_decimal(const Rational& number, int places);
Rational to_rational(const Decimal& number);
// The texts of a list cell; empty if it is no list.
std::vector<std::string> list_items(std::string_view json);

}  // namespace sluice
