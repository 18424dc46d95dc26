#pragma once
// How a format's bytes become rows and a row's bytes become cells: the one interface behind which CSV,
// NDJSON, JSON and XML stand. The bytes are decoded (UTF-8); RowReader validates the cells and knows no
// format; ingest reads files and knows none either.
//
// A format belongs to one file: opening it may find out how that file is written. From then on it does
// not change and may be used by several threads; each thread has cell readers of its own.
//
// Rows depend only on the bytes from where one begins: a file can be gone on with at any row, and how it
// is cut into buffers never shows.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/rows/raw_rows.h"
#include "common/rows/row_rejection.h"
#include "common/rows/source_cell.h"

namespace sluice {

// What stands before the first row.
struct Opening {
  std::size_t consumed = 0;  // bytes
  std::uint64_t next_line = 1;
  std::string header;  // the header row, where the format has one
};

class CellReader {
 public:
  virtual ~CellReader() = default;
  virtual std::unique_ptr<CellReader> clone() const = 0;
  // Fills one cell for each of the dataset's fields that is not taken from the path, in their order.
  // The texts live until the next call. False: `rejection` is filled.
  virtual bool read(std::string_view row, std::vector<SourceCell>& cells,
                    RowRejection& rejection) = 0;
};

class RowFormat {
 public:
  virtual ~RowFormat() = default;
  // `start` is the file's beginning. nullopt: more of it must be given. Error: a sentence why no row
  // can be read.
  virtual Result<std::optional<Opening>> open(std::string_view start, bool at_end) = 0;
  // `buffer` begins where a row may begin, on physical line `first_line`. `at_end`: nothing follows it.
  // Stops early once `max_bytes` of the buffer are consumed (0: no limit), always after a whole row.
  // If nothing is consumed and not `at_end`, the first row is longer than the buffer: give more.
  virtual void split(std::string_view buffer, bool at_end, std::uint64_t first_line,
                     std::size_t max_bytes, SplitResult& out) const = 0;
  // Of CSV, once it is open: how the file is written.
  virtual CsvFormat dialect() const { return {}; }
  // Error: a sentence why the header does not fit the definition.
  virtual Result<std::unique_ptr<CellReader>> cell_reader(std::string_view header) const = 0;
};

std::unique_ptr<RowFormat> row_format(std::shared_ptr<const Dataset> dataset);

}  // namespace sluice
