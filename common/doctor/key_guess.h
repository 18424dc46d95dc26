#pragma once
// Which columns tell the rows of a sample apart.

#include <cstddef>
#include <vector>

#include "common/doctor/sample.h"

namespace sluice::doctor {

struct KeyGuess {
  std::vector<std::size_t> columns;  // indexes into the sample's columns
  // Rows of the sample that have the key of one before them, with other content: each would correct it.
  std::size_t repeated = 0;
  // Columns that tell all rows apart, where the key does not; empty: no few do.
  std::vector<std::size_t> instead;
};

// Out of `candidates` (which have a value in every row): one that is named as a key and whose values are all
// different, or nearly all; else one whose values are all different; else the first two or three that are
// different together; else all candidates. Rows that are the same in all their columns count once.
KeyGuess guess_key(const Sample& sample, const std::vector<std::size_t>& candidates);

}  // namespace sluice::doctor
