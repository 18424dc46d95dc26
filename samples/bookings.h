#pragma once
// Sample bookings: invented restaurants, real shapes. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// Two files: `rows` rows with both currencies and both ways to write a date, some rows twice and some
// that must be refused; then a tenth as many that correct earlier ones or repeat them.
void bookings(const Open& open, std::size_t rows);

}  // namespace sluice::samples
