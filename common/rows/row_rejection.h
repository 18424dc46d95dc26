#pragma once
// Why a row is no record.

#include <string>
#include <string_view>
#include <utility>

namespace sluice {

// `rule` is of a closed set: columns, quote, unclosed_quote, encoding, json, literal, xml, required,
// too_long, context, range, one_of, type.integer, type.decimal, type.money, type.date, type.timestamp,
// type.boolean.
struct RowRejection {
  std::string column;  // the file's name for it; empty: the row as a whole
  std::string rule;
  std::string reason;  // a plain sentence with the value
};

// Fills `rejection`; returns false, for `return reject(…)`.
inline bool reject(RowRejection& rejection, std::string_view column, std::string_view rule,
                   std::string reason) {
  rejection.column = std::string(column);
  rejection.rule = std::string(rule);
  rejection.reason = std::move(reason);
  return false;
}

}  // namespace sluice
