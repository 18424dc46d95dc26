#pragma once
// From a raw CSV row to a record: compiled once per dataset and header, used for every row. One thread uses
// one reader (it has scratch space); readers are copied freely.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/rows/csv_splitter.h"

namespace sluice {

// A record as it goes to the records topic. The strings are reused from row to row.
struct RowRecord {
  std::string key;    // the key column's text; of several columns a JSON array
  std::string value;  // flat JSON object of Dataset::columns in order
  std::int64_t event_time_ms = 0;
};

// Why a row is no record. `rule` is of a closed set: columns, quote, unclosed_quote, encoding, required,
// range, one_of, type.integer, type.decimal, type.money, type.date, type.timestamp, type.boolean.
struct RowRejection {
  std::string column;  // the file's name for it; empty: the row as a whole
  std::string rule;
  std::string reason;  // a plain sentence with the value
};

class RowReader {
 public:
  // `header_row` is the file's first row. It must hold exactly the definition's columns, in any order;
  // the error names what is missing, unknown or doubled, and what was probably meant.
  static Result<RowReader> for_header(std::shared_ptr<const Dataset> dataset, std::string_view header_row);

  // True: `record` is filled. False: `rejection` is.
  bool read(std::string_view row, RowRecord& record, RowRejection& rejection);

 private:
  struct Column {
    const FieldSpec* field = nullptr;
    std::size_t at = 0;  // its place in the file's rows
    // Places among Dataset::key, or -1.
    int key_of = -1;
    int key_of_currency = -1;
    bool is_event_time = false;
  };

  explicit RowReader(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  bool split(std::string_view row, RowRejection& rejection);
  bool append_cell(const Column& column, RowRecord& record, RowRejection& rejection);
  bool append_value(const Column& column, std::string_view text, RowRecord& record, RowRejection& rejection);
  bool append_number(const Column& column, const Decimal& value, std::string_view text, std::string& json,
                     RowRejection& rejection) const;

  std::shared_ptr<const Dataset> dataset_;
  std::vector<Column> columns_;             // in the order of Dataset::fields
  std::size_t width_ = 0;                   // columns of the file
  std::vector<std::string_view> cells_;     // of the row at hand
  std::vector<std::string> unescaped_;      // cells with doubled quotes, without them
  std::size_t unescaped_used_ = 0;
  // Of the row at hand, where in the JSON each key part stands.
  std::vector<std::pair<std::size_t, std::size_t>> key_parts_;
  std::vector<std::string> key_texts_;      // scratch for a key of one column
};

// The cells of one row: quotes taken off, doubled ones made single. Used for headers and by the doctor.
// Error: the quotes of the row are broken.
Result<std::vector<std::string>> split_cells(std::string_view row, const CsvFormat& format);

// Bytes that are not UTF-8 as \xNN, so that any row can stand in a JSON dead letter.
std::string printable_row(std::string_view row);

}  // namespace sluice
