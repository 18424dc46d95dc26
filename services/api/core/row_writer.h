#pragma once
// Rows as JSON, CSV or NDJSON text. Decimals are written with the very digits they have: no double
// ever holds one.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/api/core/table_query.h"
#include "services/api/core/table_spec.h"

namespace sluice::api {

enum class Format { kJson, kCsv, kNdjson };

std::string_view content_type(Format format);  // with its charset

class RowWriter {
 public:
  // The columns outlive the writer.
  RowWriter(Format format, const std::vector<TableColumn>& columns);

  // Values in the columns' order, in the form column_value.h's shown() gives.
  void row(const Row& values);

  // JSON: the objects with commas between them (no brackets: the caller has an envelope). NDJSON:
  // one object a line. CSV: the header, then a line a row; quoted as RFC 4180 says, but lines end in
  // LF, so that the bytes are those of the report's file in data/out; null is empty, an empty text
  // is "".
  std::string take() { return std::move(out_); }

 private:
  void json_row(const Row& values);
  void csv_row(const Row& values);

  Format format_;
  const std::vector<TableColumn>& columns_;
  std::vector<std::string> json_names_;  // "\"month\":"
  std::string out_;
  bool first_ = true;
};

// The text as a JSON string, with its quotes.
std::string json_string(std::string_view text);

}  // namespace sluice::api
