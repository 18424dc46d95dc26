#pragma once
#include "common/rows/row_format.h"

namespace sluice {

// One object a line; an array's brackets and commas around the lines are overlooked, so that "broken"
// JSON (commas at the lines' ends, a bracket that never closes) reads as it is meant.
std::unique_ptr<RowFormat> ndjson_row_format(std::shared_ptr<const Dataset> dataset);
// An array of objects, or objects one behind the other, spread over lines as they like.
std::unique_ptr<RowFormat> json_row_format(std::shared_ptr<const Dataset> dataset);

}  // namespace sluice
