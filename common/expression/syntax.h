#pragma once
// The words of an expression as a tree, before names mean anything. Grammar, loosest first:
//
//   or   = and ("or" and)*            and  = not ("and" not)*         not = "not" not | cmp
//   cmp  = sum (("=="|"!="|"<"|"<="|">"|">=") sum)?
//   sum  = term (("+"|"-") term)*     term = factor (("*"|"/") factor)*
//   factor = "-" factor | number | "text" | true | false | null | "(" or ")" | name | call
//   call = name "(" [or ("," or)*] clauses ")"
//   clauses = ["by" or ("," or)*] ["per" name ("," name)*] ["where" or]
//
// A call's clauses mean something to aggregates only: first(url by form where form != null).

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sluice {

struct Syntax {
  enum class Kind { kNumber, kText, kName, kCall, kWord };
  Kind kind = Kind::kName;
  std::string text;  // the number, the text, the name, the operator ("+", "==", "and", "neg"), the word
  bool is_operator = false;  // a call written with an operator
  std::vector<Syntax> arguments;
  std::vector<Syntax> by;
  std::vector<std::string> per;
  std::vector<Syntax> where;  // none or one
};

// An Error is a sentence that says where in the text.
Result<Syntax> parse_syntax(std::string_view text);

}  // namespace sluice
