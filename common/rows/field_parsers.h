#pragma once
// From the text of one cell to a value. Pure functions; what cannot be read is a reason in plain words that
// does not repeat the value (the caller adds it).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/decimal.h"
#include "common/base/error.h"
#include "common/definition/definition.h"

namespace sluice {

struct Money {
  Decimal amount;             // canonical, at least the currency's minor units
  std::string_view currency;  // ISO 4217; points to static storage or into the text
};

// "87,36 €" (also with a no-break space), "£29.40", "12,34€", "€ 12,34", "$12.34", "1.234,56 €", "£1,234.56",
// "CHF 1'200.-", "EUR 12.30", "-£5.00", "£-5.00". Where only one separator stands before exactly three
// digits, `mark` says whether it is the decimal one; every other text says so itself. No currency is
// an error.
Result<Money> parse_money(std::string_view text, DecimalMark mark);

// Digits with an optional sign, within 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);
// true/false, yes/no, 1/0, without case.
std::optional<bool> parse_boolean(std::string_view text);

}  // namespace sluice
