#pragma once
// What an expression gives for a row, exactly. Apart from the trees (expression.h), because arithmetic
// without rounding needs heavy headers that those who only read definitions shall not pay for.
//
// An Evaluator has scratch space and belongs to one thread.

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "common/expression/expression.h"
#include "common/model/cell.h"

namespace sluice {

using Rational = boost::multiprecision::cpp_rational;

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
