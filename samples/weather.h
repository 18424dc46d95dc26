#pragma once
// Sample weather of the cities where the scooters ride. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// weather-1.json, about an hour's step for each city over the same week as the events, and weather-2.json
// with the last tenth of the `rows` lines: weather of any hour, some of which had none before.
void weather(const Open& open, std::size_t rows);

}  // namespace sluice::samples
