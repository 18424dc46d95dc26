#pragma once
// From a raw CSV row to a record: compiled once per dataset and header, used for every row. One thread uses
// one reader (it has scratch space); readers are copied freely.

#include <cstdint>
#include <memory>
#include <optional>
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
  std::optional<std::int64_t> event_time_ms;  // nothing: the dataset has none
};

// Why a row is no record. `rule` is of a closed set: columns, quote, unclosed_quote, encoding, required,
// too_long, range, one_of, type.integer, type.decimal, type.money, type.date, type.timestamp,
// type.boolean.
struct RowRejection {
  std::string column;  // the file's name for it; empty: the row as a whole
  std::string rule;
  std::string reason;  // a plain sentence with the value
};

// The texts of one table's primary key together: an index entry of PostgreSQL holds no more than 2,704
// bytes, and one row that the database refuses would stop all that follow it.
inline constexpr std::size_t kMaxKeyBytes = 1024;

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
    std::string json_name;           // "amount":
    std::string json_currency_name;  // ,"currency":
  };

  explicit RowReader(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  std::vector<std::size_t> texts_among(const std::vector<std::size_t>& key) const;
  bool split(std::string_view row, RowRejection& rejection);
  bool check_encoding(std::string_view row, RowRejection& rejection);
  bool check_keys(RowRejection& rejection) const;
  bool append_cell(const Column& column, RowRecord& record, RowRejection& rejection);
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
  std::size_t width_ = 0;                   // columns of the file
  std::vector<std::string_view> cells_;     // of the row at hand
  std::vector<std::string> unescaped_;      // cells with doubled quotes, without them
  std::size_t unescaped_used_ = 0;
  // Of the row at hand, where in the JSON each key part stands.
  std::vector<std::pair<std::size_t, std::size_t>> key_parts_;
  std::vector<std::string> key_texts_;      // and, for a key of one column, its text
};

// The cells of one row: quotes taken off, doubled ones made single. Used for headers and by the doctor.
// Error: the quotes of the row are broken.
Result<std::vector<std::string>> split_cells(std::string_view row, const CsvFormat& format);

// Bytes that are not UTF-8 as \xNN, so that any row can stand in a JSON dead letter.
std::string printable_row(std::string_view row);

}  // namespace sluice
