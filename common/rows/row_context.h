#pragma once
// What a row of a file needs to be read once more without its file: how the file is written, its header, what its
// path says. A dead letter keeps it, as a JSON object, so that its row can be retried when the definition is mended.
// Pure.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/rows/row_format.h"
#include "common/rows/row_reader.h"

namespace sluice {

// A longer header is not kept with each row; nor can a longer row be retried.
inline constexpr std::size_t kMaxKeptHeader = 16 * 1024;
inline constexpr std::size_t kMaxRetriedRow = 1024 * 1024;

struct RowContext {
  FileFormat format = FileFormat::kCsv;
  std::optional<std::string> header;         // CSV: the header row, where the file has one
  char delimiter = ',';                      // CSV
  char quote = '"';                          // CSV
  std::map<std::string, std::string> path;   // what the file's path says, by the names of Dataset::path_fields
};

// Of a file that `format` has opened.
RowContext context_of(const Dataset& dataset, const RowFormat& format, std::string_view header,
                      const std::vector<std::string>& path_values);
// Empty: it cannot be kept (a header too long, bytes that are not UTF-8).
std::string to_json(const RowContext& context);
Result<RowContext> row_context_from_json(std::string_view json);

// Reads rows of many files by the definition in force, each as its own file is written. One thread uses one object.
class ContextReader {
 public:
  explicit ContextReader(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  // As RowReader::read; rule "context": the row's file does not fit the definition as it is now.
  bool read(std::string_view context, std::string_view row, RowRecord& record, RowRejection& rejection);

 private:
  Result<RowReader> reader_of(std::string_view context) const;

  std::shared_ptr<const Dataset> dataset_;
  std::string context_;  // that the reader is for: rows of one file come together
  std::optional<Result<RowReader>> reader_;
};

}  // namespace sluice
