#pragma once
// Which columns tell the rows of a sample apart.

#include <cstddef>
#include <vector>

#include "common/doctor/sample.h"

namespace sluice::doctor {

// Indexes into the sample's columns, out of `candidates` (which have a value in every row): one whose
// values are all different, best one whose name says so; else the first two or three that are
// different together; else all candidates. Rows that are the same in all their columns count once.
std::vector<std::size_t> guess_key(const Sample& sample, const std::vector<std::size_t>& candidates);

}  // namespace sluice::doctor
