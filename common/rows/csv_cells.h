#pragma once
// The cells of a CSV row: quotes taken off, doubled ones made single.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/rows/row_format.h"

namespace sluice {

// Used for headers. Error: the quotes of the row are broken.
Result<std::vector<std::string>> split_cells(std::string_view row, const CsvFormat& format);

// Where the cell of that number (from 0) stands in the row's bytes, from and to, with its quotes. nullopt: the row has
// fewer, or broken quotes before it.
std::optional<std::pair<std::size_t, std::size_t>> cell_span(std::string_view row, const CsvFormat& format,
                                                             std::size_t number);

// Which cells of a row make the dataset's fields. A field's `from:` is a column's name, or else a path
// (value_path.h) into a column that holds JSON or a Python literal. `names`: the file's columns.
Result<std::unique_ptr<CellReader>> csv_cell_reader(const Dataset& dataset, const CsvFormat& format,
                                                    const std::vector<std::string>& names);

// The dataset's fields that are columns of a file without a header, in their order.
std::vector<std::string> columns_without_header(const Dataset& dataset);

}  // namespace sluice
