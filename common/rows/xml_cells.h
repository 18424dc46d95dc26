#pragma once
#include "common/rows/row_format.h"

namespace sluice {

// Reads one row element with expat. Error: a field's path is none.
Result<std::unique_ptr<CellReader>> xml_cell_reader(const Dataset& dataset);

}  // namespace sluice
