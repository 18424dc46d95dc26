#pragma once
// Reads a record's JSON (one flat object, as ingest writes it) back into cells. Strict about types and
// names, lenient about order; a column that may be null may be missing. One thread uses one object.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/cell.h"

namespace sluice::transform {

class RecordReader {
 public:
  // The dataset outlives this.
  explicit RecordReader(const Dataset& dataset);
  ~RecordReader();

  struct Problem {
    std::string column;  // empty: the record as a whole
    std::string rule;    // "json", "columns", "required", "type.integer", ...
    std::string reason;
  };
  // Fills `cells` in the dataset's order of columns; views are valid until the next read().
  std::optional<Problem> read(std::string_view json, std::vector<Cell>& cells);

 private:
  struct Parser;
  const Dataset& dataset_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace sluice::transform
