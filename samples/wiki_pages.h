#pragma once
// Sample abstracts of an encyclopedia's pages. The same bytes each time.

#include "samples/making.h"

namespace sluice::samples {

// enwiki-abstract-1.xml.gz and, with the last tenth of the `rows` pages, enwiki-abstract-2.xml.gz: two pages a
// film of the sample, named as such pages are ("Heat (1995 film)", "Heat (film)", "Heat"), and other pages.
void wiki_pages(const Open& open, std::size_t rows);

}  // namespace sluice::samples
