#pragma once
// Definitions that would take the same files: such a file is refused, for it cannot be told whose it is. Pure.

#include <optional>
#include <string>
#include <vector>

#include "common/definition/definition.h"

namespace sluice {

struct Overlap {
  std::size_t first = 0, second = 0;  // indexes into the datasets
  std::string first_pattern, second_pattern;
  std::string example;  // a name that both take
};

// Each two datasets at most once, with a shortest name.
std::vector<Overlap> overlaps_of(const std::vector<Dataset>& datasets);

}  // namespace sluice
