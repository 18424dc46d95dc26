#pragma once
// Sample films. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// movies_metadata-1.csv with `rows` films of 24 columns, lists as Python writes them; and
// movies_metadata-2.csv with a tenth as many, that come later. A film that is broken into two lines, as in
// the real file, makes a row more.
void movies(const Open& open, std::size_t rows);

}  // namespace sluice::samples
