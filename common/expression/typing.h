#pragma once
// From the words of an expression to a typed tree: names are looked up, types are checked.

#include <functional>
#include <optional>
#include <string>

#include "common/expression/expression.h"
#include "common/expression/syntax.h"

namespace sluice {

struct Names {
  // The meaning of a name; null: there is none, the Error says what was probably meant.
  std::function<Result<ExpressionPtr>(const std::string& name)> name;
  // A call that is no function of expressions (an aggregate); nullopt: it is not one of these either.
  std::function<std::optional<Result<ExpressionPtr>>(const Syntax& call)> call =
      [](const Syntax&) { return std::nullopt; };
};

// An Error is a sentence about the expression.
Result<ExpressionPtr> typed(const Syntax& syntax, const Names& names);

}  // namespace sluice
