#pragma once
// Sample bookings: invented restaurants, real shapes. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// Two files: `rows` rows with both currencies and both ways to write a date, of the kinds that making.h tells;
// then a tenth as many that correct bookings of the first or repeat them. Memory does not grow with the rows.
void bookings(const Open& open, std::size_t rows);

}  // namespace sluice::samples
