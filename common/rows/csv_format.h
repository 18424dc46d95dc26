#pragma once
#include "common/rows/row_format.h"

namespace sluice {

// CSV. Opening passes over what stands above the header (csv_preamble.h) and finds the delimiter and the quote
// that the definition does not give: those with which the header has the definition's columns.
std::unique_ptr<RowFormat> csv_row_format(std::shared_ptr<const Dataset> dataset);

}  // namespace sluice
