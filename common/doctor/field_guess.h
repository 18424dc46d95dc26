#pragma once
// What type a column's values are.

#include <optional>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "common/doctor/sample.h"

namespace sluice::doctor {

struct FieldGuess {
  FieldType type = FieldType::kString;
  std::vector<std::string> formats = {};  // date, timestamp
  // Formats that read the same values another way, by another order: the values do not tell which is right.
  std::vector<std::string> other_orders = {};
  char decimal_separator = '\0';     // integer, decimal: where they are not written as JSON writes them
  bool other_separator = false;      // the values do not tell which sign is the decimal one
  // Values of the sample that a field of this type refuses, and the first of them.
  std::size_t misfits = 0;
  std::string first_misfit = {};
};

// The narrowest type that nearly all values have; a few that are broken do not decide. nullopt: no
// field can hold them.
std::optional<FieldGuess> guess_field(const SampleColumn& column);

}  // namespace sluice::doctor
