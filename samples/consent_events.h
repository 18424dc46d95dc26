#pragma once
// Sample page views and answers to consent banners. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// A file in each of two folders named datehour=2021-01-23-10 and …-11, `rows` lines in all. No line
// break at the end of a file. The second also corrects and repeats events of the first.
void consent_events(const Open& open, std::size_t rows);

}  // namespace sluice::samples
