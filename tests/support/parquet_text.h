#pragma once
// A Parquet file as texts, read by Arrow's own reader.

#include <string>
#include <vector>

namespace sluice::testing {

struct ParquetText {
  std::string schema;             // "place: string not null\nvisits: int64…"
  std::vector<std::string> rows;  // "a|1|null", in the file's order
};

// Throws std::runtime_error for bytes that are no whole Parquet file.
ParquetText read_parquet(const std::string& bytes);

}  // namespace sluice::testing
