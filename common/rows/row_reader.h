#pragma once
// From a raw row to a record: compiled once per dataset and file, used for every row. Knows no format: a
// CellReader gives it the texts. One thread uses one reader (it has scratch space); readers are copied
// freely.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/rows/raw_rows.h"
#include "common/rows/row_format.h"
#include "common/rows/row_rejection.h"

namespace sluice {

// A record as it goes to the records topic. The strings are reused from row to row.
struct RowRecord {
  std::string key;    // the key column's text; of several columns a JSON array
  std::string value;  // flat JSON object of Dataset::columns in order
  std::optional<std::int64_t> event_time_ms;  // nothing: the dataset has none
};

// The texts of one table's primary key together: an index entry of PostgreSQL holds no more than 2,704
// bytes, and one row that the database refuses would stop all that follow it.
inline constexpr std::size_t kMaxKeyBytes = 1024;

class RowReader {
 public:
  // `format` has opened the file and found `header_row` (CSV: it must hold exactly the definition's
  // columns, in any order; the error names what is missing, unknown or doubled, and what was probably
  // meant). `path_values`: what the file's path says, in the order of Dataset::path_fields.
  static Result<RowReader> for_file(std::shared_ptr<const Dataset> dataset, const RowFormat& format,
                                    std::string_view header_row,
                                    const std::vector<std::string>& path_values);
  // For a CSV file of which only the header is known.
  static Result<RowReader> for_header(std::shared_ptr<const Dataset> dataset, std::string_view header_row);

  RowReader(const RowReader& other);
  RowReader(RowReader&&) = default;
  RowReader& operator=(RowReader&&) = default;

  // True: `record` is filled. False: `rejection` is.
  bool read(std::string_view row, RowRecord& record, RowRejection& rejection);

 private:
  struct Column {
    const FieldSpec* field = nullptr;
    std::size_t at = 0;  // its place in cells_
    // Places among Dataset::key, or -1.
    int key_of = -1;
    int key_of_currency = -1;
    bool is_event_time = false;
    std::string json_name;           // "amount":
    std::string json_currency_name;  // ,"currency":
  };

  explicit RowReader(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  // The dataset's columns that the key of the report's table is made of.
  static std::vector<std::size_t> key_columns(const ReportSpec& report);
  std::vector<std::size_t> texts_among(const std::vector<std::size_t>& key) const;
  bool read_cells(std::string_view row, RowRejection& rejection);
  bool check_encoding(std::string_view row, RowRejection& rejection);
  bool check_keys(RowRejection& rejection) const;
  bool append_cell(const Column& column, RowRecord& record, RowRejection& rejection);
  bool check_kind(const Column& column, const SourceCell& cell, RowRejection& rejection) const;
  bool append_value(const Column& column, std::string_view text, RowRecord& record,
                    RowRejection& rejection);
  bool append_money(const Column& column, std::string_view text, RowRecord& record,
                    RowRejection& rejection);
  bool append_time(const Column& column, std::string_view text, RowRecord& record,
                   RowRejection& rejection) const;
  bool append_number(const Column& column, const Decimal& value, std::string_view text, std::string& json,
                     RowRejection& rejection) const;
  void note_key(int place, std::string_view json, std::size_t from, std::string_view key_text);

  std::shared_ptr<const Dataset> dataset_;
  std::vector<Column> columns_;             // in the order of Dataset::fields
  // Of each primary key, the places of its texts in columns_.
  std::vector<std::vector<std::size_t>> key_texts_of_tables_;
  std::unique_ptr<CellReader> reader_;
  std::vector<SourceCell> cells_;       // of the row at hand; behind them the path's values
  std::vector<std::string> path_texts_;
  std::size_t path_bytes_ = 0;
  // Of the row at hand, where in the JSON each key part stands.
  std::vector<std::pair<std::size_t, std::size_t>> key_parts_;
  std::vector<std::string> key_texts_;      // and, for a key of one column, its text
};

// NULs and bytes that are not UTF-8 as \xNN, so that any row can stand in a dead letter, JSON or a table's.
std::string printable_row(std::string_view row);

}  // namespace sluice
