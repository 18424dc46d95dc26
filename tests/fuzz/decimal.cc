// Numbers and amounts, as files and messages write them.

#include "common/base/decimal.h"
#include "common/model/currency.h"
#include "common/rows/field_parsers.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

namespace {

void check_decimal(const Decimal& value) {
  LAW("a scale is between 0 and 38", value.scale >= 0 && value.scale <= kMaxDecimalDigits);
  const auto again = parse_decimal(to_string(value));
  LAW("what is printed parses to the same", again && compare(*again, value) == 0 && again->scale == value.scale);
  const auto canon = canonical(value);
  LAW("the canonical form is equal", canon == value);
  LAW("equal values have one form", to_string(canonical(canon)) == to_string(canon));
  LAW("a value minus itself is zero", add(value, negate(value))->is_zero());
  const DecimalWidth digits = width(value);
  LAW("a value has at most 38 digits",
      digits.integer_digits >= 0 && digits.fraction_digits >= 0 && digits.fraction_digits <= kMaxDecimalDigits);
}

void check_two(const Decimal& a, const Decimal& b) {
  LAW("order is the same from both sides", (compare(a, b) < 0) == (compare(b, a) > 0));
  if (const auto sum = add(a, b)) {
    LAW("a sum does not depend on the order", add(b, a) == sum);
    if (const auto back = add(*sum, negate(b))) LAW("what was added can be taken back", *back == a);
  }
  if (const auto product = multiply(a, b)) {
    LAW("a product does not depend on the order", multiply(b, a) == product);
    if (!b.is_zero()) {
      if (const auto back = divide(*product, b, kMaxDecimalDigits)) LAW("a product can be taken apart", *back == a);
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = parse_decimal(text);
  if (whole) check_decimal(*whole);
  const std::size_t space = text.find(' ');
  if (space != std::string_view::npos) {
    const auto a = parse_decimal(text.substr(0, space)), b = parse_decimal(text.substr(space + 1));
    if (a && b) check_two(*a, *b);
  }
  if (const auto integer = parse_integer(text)) {
    LAW("an integer is a decimal", whole && *whole == (Decimal{*integer, 0}));
    LAW("an integer that is printed parses to the same", parse_integer(std::to_string(*integer)) == integer);
  }
  parse_boolean(text);
  for (const DecimalMark mark : {DecimalMark::kByCurrency, DecimalMark::kComma, DecimalMark::kPoint}) {
    const auto money = parse_money(text, mark);
    if (!money) {
      LAW("a refusal says why", !money.error().message.empty());
      continue;
    }
    const auto units = minor_units(money->currency);
    LAW("an amount has a currency of ISO 4217", units.has_value());
    LAW("an amount has at least its currency's digits", money->amount.scale >= *units);
    check_decimal(money->amount);
    // The plain form leaves no doubt for any mark but where three digits follow the point.
    const std::string plain = to_string(money->amount) + " " + std::string(money->currency);
    const auto again = parse_money(plain, DecimalMark::kPoint);
    LAW("an amount that is printed parses to the same",
        again && again->amount == money->amount && again->currency == money->currency);
  }
  return 0;
}
