#pragma once
// Sample baskets of groceries. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// groceries-1.csv with `rows` lines, an item each, and groceries-2.csv with a tenth as many: further items
// for baskets of the first.
void baskets(const Open& open, std::size_t rows);

}  // namespace sluice::samples
