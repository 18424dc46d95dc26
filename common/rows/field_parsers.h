#pragma once
// From the text of one cell to a value. Pure functions, strict: what is not clearly a value of the type
// is none. An Error is a reason in plain words that does not repeat the value (the caller adds it).

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/decimal.h"
#include "common/base/error.h"
#include "common/definition/definition.h"

namespace sluice {

// Without spaces, tabs, no-break and thin spaces (U+00A0, U+202F, U+2009, U+2007) at both ends.
std::string_view trimmed(std::string_view text);
// The bytes of the one space of these that the text begins with; 0: of none.
std::size_t space_in_front(std::string_view text);

struct Money {
  Decimal amount;             // canonical, at least the currency's minor units
  std::string_view currency;  // ISO 4217; points to static storage or into the text
};

// "87,36 €" (also with a no-break space), "£29.40", "12,34€", "€ 12,34", "$12.34", "1.234,56 €",
// "£1,234.56", "CHF 1'200.-", "EUR 12.30", "-£5.00", "£-5.00", "5.00- GBP", "(£5.00)": one number, and one
// currency, as a sign or a code, before or behind it.
//
// Thousands stand in groups of three, apart by one of , . ' ’ or a space. Of two different separators
// the last is the decimal one; one that occurs twice is not. One alone is the decimal one, unless
// exactly three digits follow one to three that do not begin with 0: then `mark` decides.
Result<Money> parse_money(std::string_view text, DecimalMark mark);

// "1.234,56" (with ',') or "1,234.56" (with '.'), also "1 234,56" and "1'234.56": a number with this decimal
// sign. Thousands, where they are set apart, stand in groups of three, all by one sign or space. nullopt: not
// such a number, or more than 38 significant digits.
std::optional<Decimal> parse_separated_decimal(std::string_view text, char decimal_separator);
// The same without a decimal sign, within 64 bits.
std::optional<std::int64_t> parse_separated_integer(std::string_view text, char decimal_separator);

// Digits with an optional sign, within 64 bits; leading zeros are fine.
std::optional<std::int64_t> parse_integer(std::string_view text);
// true/false, yes/no, 1/0, without case.
std::optional<bool> parse_boolean(std::string_view text);

}  // namespace sluice
