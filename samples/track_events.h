#pragma once
// Sample events of a scooter app. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// track_events.json, `rows` lines from a week on (one a second at most): broken as the real file is, with a
// bracket that never closes, a comma behind each object, and an end in the middle of one. Some events come
// two days late.
void track_events(const Open& open, std::size_t rows);

}  // namespace sluice::samples
