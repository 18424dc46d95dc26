#include "common/expression/typing.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace sluice {
namespace {

enum class Want { kAny, kNumber, kText, kList, kTime, kTimestamp, kBoolean, kTextOrInteger };

struct Rule {
  Function function;
  std::vector<Want> wants;   // of the arguments; the last repeats if `many`
  bool many = false;
  ColumnType type = ColumnType::kString;  // of the result
  bool same = false;         // the result has the type that the arguments (but a first condition) share
};

const std::map<std::string, Rule, std::less<>>& operators() {
  using enum Want;
  using F = Function;
  constexpr auto boolean = ColumnType::kBoolean;
  static const std::map<std::string, Rule, std::less<>> rules = {
      {"+", {F::kAdd, {kNumber, kNumber}}},        {"-", {F::kSubtract, {kNumber, kNumber}}},
      {"*", {F::kMultiply, {kNumber, kNumber}}},   {"/", {F::kDivide, {kNumber, kNumber}}},
      {"neg", {F::kNegate, {kNumber}}},
      {"==", {F::kEqual, {kAny, kAny}, false, boolean}},
      {"!=", {F::kNotEqual, {kAny, kAny}, false, boolean}},
      {"<", {F::kLess, {kAny, kAny}, false, boolean}},
      {"<=", {F::kLessEqual, {kAny, kAny}, false, boolean}},
      {">", {F::kGreater, {kAny, kAny}, false, boolean}},
      {">=", {F::kGreaterEqual, {kAny, kAny}, false, boolean}},
      {"and", {F::kAnd, {kBoolean, kBoolean}, false, boolean}},
      {"or", {F::kOr, {kBoolean, kBoolean}, false, boolean}},
      {"not", {F::kNot, {kBoolean}, false, boolean}}};
  return rules;
}

const std::map<std::string, Rule, std::less<>>& functions() {
  using enum Want;
  using F = Function;
  static const std::map<std::string, Rule, std::less<>> rules = {
      {"if", {F::kIf, {kBoolean, kAny, kAny}, false, ColumnType::kString, true}},
      {"coalesce", {F::kCoalesce, {kAny, kAny}, true, ColumnType::kString, true}},
      {"concat", {F::kConcat, {kTextOrInteger, kTextOrInteger}, true}},
      {"lower", {F::kLower, {kText}}},
      {"last_part", {F::kLastPart, {kText, kText}}},
      {"join", {F::kJoin, {kList, kText}}},
      {"size", {F::kSize, {kList}, false, ColumnType::kInteger}},
      {"year", {F::kYear, {kTime}, false, ColumnType::kInteger}},
      {"hour", {F::kHour, {kTimestamp}, false, ColumnType::kTimestamp}},
      {"days_between", {F::kDaysBetween, {kTime, kTime}, false, ColumnType::kInteger}}};
  return rules;
}

bool is_number(const Expression& e) {
  return e.type == ColumnType::kInteger || e.type == ColumnType::kDecimal;
}

bool fits(Want want, const Expression& e) {
  if (e.is_null) return true;
  switch (want) {
    case Want::kAny: return true;
    case Want::kNumber: return is_number(e);
    case Want::kText: return e.type == ColumnType::kString && !e.is_list;
    case Want::kList: return e.is_list;
    case Want::kTime: return e.type == ColumnType::kDate || e.type == ColumnType::kTimestamp;
    case Want::kTimestamp: return e.type == ColumnType::kTimestamp;
    case Want::kBoolean: return e.type == ColumnType::kBoolean;
    case Want::kTextOrInteger:
      return (e.type == ColumnType::kString && !e.is_list) || e.type == ColumnType::kInteger;
  }
  return false;
}

const char* wanted(Want want) {
  switch (want) {
    case Want::kAny: return "a value";
    case Want::kNumber: return "a number";
    case Want::kText: return "a text";
    case Want::kList: return "a list";
    case Want::kTime: return "a date or timestamp";
    case Want::kTimestamp: return "a timestamp";
    case Want::kBoolean: return "a condition";
    case Want::kTextOrInteger: return "a text or an integer";
  }
  return "";
}

bool comparable(const Expression& a, const Expression& b) {
  if (a.is_null || b.is_null || (is_number(a) && is_number(b))) return true;
  return a.type == b.type && !a.is_list && !b.is_list;
}

// Decides the result's type from the arguments where the rule leaves it open.
Result<void> settle_type(const std::string& name, const Rule& rule, Expression& out) {
  const auto& arguments = out.arguments;
  const bool arithmetic = rule.function <= Function::kNegate && rule.function >= Function::kAdd;
  for (const ExpressionPtr& argument : arguments) out.quotient = out.quotient || argument->quotient;
  if (arithmetic) {
    const bool whole = std::ranges::all_of(arguments, [](const ExpressionPtr& a) {
      return a->is_null || a->type == ColumnType::kInteger;
    });
    out.quotient = out.quotient || rule.function == Function::kDivide;
    out.type = whole && rule.function != Function::kDivide ? ColumnType::kInteger
                                                           : ColumnType::kDecimal;
    return {};
  }
  const bool comparison =
      rule.function >= Function::kEqual && rule.function <= Function::kGreaterEqual;
  if (comparison && !comparable(*arguments[0], *arguments[1])) {
    return tl::unexpected<Error>(Error{fmt::format("the two sides of \"{}\" are of different types", name)});
  }
  if (!rule.same) {
    out.quotient = false;
    return {};
  }
  bool first = true;
  for (std::size_t i = rule.function == Function::kIf ? 1 : 0; i < arguments.size(); ++i) {
    if (arguments[i]->is_null) continue;
    if (first) {
      out.type = arguments[i]->type;
      out.is_list = arguments[i]->is_list;
    } else if (is_number(out) && is_number(*arguments[i])) {
      if (arguments[i]->type == ColumnType::kDecimal) out.type = ColumnType::kDecimal;
    } else if (out.type != arguments[i]->type || out.is_list != arguments[i]->is_list) {
      return tl::unexpected<Error>(Error{fmt::format("what {}(…) gives has not one type", name)});
    }
    first = false;
  }
  return {};
}

bool null_free(const Expression& out) {
  const auto& a = out.arguments;
  const auto free = [](const ExpressionPtr& e) { return !e->nullable; };
  // What gets a quotient's digits behind the point may have too many before it; an integer has not.
  const auto fits_quotient = [&](const ExpressionPtr& e) {
    const auto* decimal = std::get_if<Decimal>(&e->literal);
    const bool short_literal = decimal != nullptr && width(*decimal).integer_digits + kQuotientScale <= kMaxDecimalDigits;
    return free(e) && (e->type == ColumnType::kInteger || short_literal);
  };
  switch (out.function) {
    // A result that does not fit is null.
    case Function::kAdd:
    case Function::kSubtract:
    case Function::kMultiply:
    case Function::kDivide: return false;
    // The least of 64 bits has no opposite; literals are none of these.
    case Function::kNegate:
      return free(a[0]) && !out.quotient && (out.type == ColumnType::kDecimal || a[0]->function == Function::kLiteral);
    case Function::kIf: return !out.quotient && free(a[1]) && free(a[2]);
    case Function::kCoalesce:
      return out.quotient ? std::ranges::any_of(a, fits_quotient) : std::ranges::any_of(a, free);
    default: break;
  }
  return out.type == ColumnType::kBoolean || std::ranges::all_of(a, free);
}

Result<ExpressionPtr> literal(const Syntax& syntax) {
  auto out = std::make_shared<Expression>();
  out->text = syntax.text;
  out->nullable = false;
  if (syntax.kind == Syntax::Kind::kText) return ExpressionPtr(std::move(out));
  if (syntax.kind == Syntax::Kind::kWord) {
    if (syntax.text == "null") {
      out->is_null = out->nullable = true;
    } else {
      out->type = ColumnType::kBoolean;
      out->literal = syntax.text == "true";
    }
    return ExpressionPtr(std::move(out));
  }
  const auto number = parse_decimal(syntax.text);
  if (!number) return fail(fmt::format("\"{}\" is not a number", syntax.text));
  if (number->scale == 0 && number->units <= INT64_MAX) {
    out->type = ColumnType::kInteger;
    out->literal = static_cast<std::int64_t>(number->units);
  } else {
    out->type = ColumnType::kDecimal;
    out->literal = *number;
  }
  return ExpressionPtr(std::move(out));
}

Result<ExpressionPtr> call(const Syntax& syntax, const Names& names) {
  const auto& known = syntax.is_operator ? operators() : functions();
  const auto found = known.find(syntax.text);
  if (found == known.end()) {
    if (auto other = names.call(syntax)) return *std::move(other);
    return fail(fmt::format("there is no function \"{}\"", syntax.text));
  }
  const Rule& rule = found->second;
  if (!syntax.by.empty() || !syntax.per.empty() || !syntax.where.empty()) {
    return fail(fmt::format("\"{}\" takes no by, per or where", syntax.text));
  }
  const std::size_t count = syntax.arguments.size();
  if (count < rule.wants.size() || (count > rule.wants.size() && !rule.many)) {
    return fail(fmt::format("{}(…) takes {}{} arguments, not {}", syntax.text,
                            rule.many ? "at least " : "", rule.wants.size(), count));
  }
  auto out = std::make_shared<Expression>();
  out->function = rule.function;
  out->type = rule.type;
  for (std::size_t i = 0; i < count; ++i) {
    auto argument = typed(syntax.arguments[i], names);
    if (!argument) return argument;
    const Want want = rule.wants[std::min(i, rule.wants.size() - 1)];
    if (!fits(want, **argument)) {
      return fail(fmt::format("\"{}\" needs {} here", syntax.text, wanted(want)));
    }
    out->arguments.push_back(*std::move(argument));
  }
  const bool separator = rule.function == Function::kLastPart || rule.function == Function::kJoin;
  if (separator && (out->arguments[1]->function != Function::kLiteral || out->arguments[1]->text.empty())) {
    return fail(fmt::format("the second argument of {}(…) is a text in quotes", syntax.text));
  }
  if (auto settled = settle_type(syntax.text, rule, *out); !settled) {
    return tl::unexpected<Error>(settled.error());
  }
  out->nullable = !null_free(*out);
  return ExpressionPtr(std::move(out));
}

}  // namespace

Result<ExpressionPtr> typed(const Syntax& syntax, const Names& names) {
  switch (syntax.kind) {
    case Syntax::Kind::kName: return names.name(syntax.text);
    case Syntax::Kind::kCall: return call(syntax, names);
    default: return literal(syntax);
  }
}

}  // namespace sluice
