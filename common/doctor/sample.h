#pragma once
// The beginning of a file of which nothing is known, taken apart: how it is written, and what each of
// its columns holds.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"

namespace sluice::doctor {

inline constexpr std::size_t kSampleRows = 2000;

enum class SampleKind : std::uint8_t {
  kUntyped,  // CSV and XML
  kText,
  kNumber,
  kBoolean,
  kList,     // of plain values
  kNested,   // a list of lists or objects
};

struct SampleValue {
  std::size_t row = 0;
  SampleKind kind = SampleKind::kUntyped;
  std::string text;
};

struct SampleColumn {
  std::string source;  // as a field's `from:`
  std::vector<SampleValue> values;  // those that are neither null nor empty, by row
};

struct Sample {
  FileFormat format = FileFormat::kCsv;
  CsvFormat csv;
  std::string row_element;
  bool leaves_columns_out = false;  // a CSV header with an empty name
  std::size_t rows = 0;
  std::size_t misshaped_rows = 0;  // beside them: of CSV, with another number of columns than the header
  std::vector<SampleColumn> columns;  // in the order in which they come
};

// `text`: the file's beginning in UTF-8; `at_end`: all of it. Error: a sentence why no rows are found.
Result<Sample> take_sample(std::string_view text, bool at_end);

}  // namespace sluice::doctor
