#pragma once
// Sample orders of an invented shop. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// A file a month, 2022_07.csv to 2022_09.csv, `rows` rows in all. The later files hold orders of the
// month before too, and correct and repeat orders of any earlier file.
void orders(const Open& open, std::size_t rows);

}  // namespace sluice::samples
