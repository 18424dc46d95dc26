#pragma once
// A definition, read and checked: what one YAML file under schemas/ says, in values. The parser
// (definition_parser.h) is the only maker; a Dataset that exists is valid, so the services need no
// checks of their own.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/calendar.h"
#include "common/base/decimal.h"
#include "common/definition/report.h"
#include "common/model/after_reading.h"
#include "common/model/cell.h"

namespace sluice {

enum class FieldType { kString, kInteger, kDecimal, kMoney, kDate, kTimestamp, kBoolean,
  // Texts, from a list in JSON or a Python literal; in the record a JSON array.
  kList };

// What "1,234" (one separator, three digits behind it) means; texts that say it themselves
// ("1.234,56") need no rule.
enum class DecimalMark { kByCurrency, kComma, kPoint };  // by currency: comma for EUR, else point

// One column of the source file.
struct FieldSpec {
  std::string name;
  // Where in a row it stands: the header's name for it, or a path (common/rows/value_path.h); the same
  // as `name` unless `from:` says otherwise.
  std::string source;
  std::optional<std::size_t> path_field;  // taken from the file's path: index into Dataset::path_fields
  FieldType type = FieldType::kString;
  bool required = false;               // an empty cell is a dead letter; else it is null
  std::optional<Decimal> min, max;     // inclusive; integer, decimal, money
  std::vector<std::string> formats;    // date, timestamp: tried in order
  TimeZone zone = TimeZone::utc();     // timestamp without an offset
  std::vector<std::string> one_of;     // string: the only accepted values; empty = any
  std::size_t first_column = 0;        // index into Dataset::columns of what it becomes
  // money:
  DecimalMark decimal_mark = DecimalMark::kByCurrency;
  std::string currency_column;         // second column it becomes; "<name>_currency" by default
  int min_scale = 0;                   // decimal: digits after the point that are always written
  // integer, decimal: the decimal sign of texts, '.' or ','; thousands may then stand in groups. 0: as JSON
  // writes numbers.
  char decimal_separator = '\0';
  bool quoted = false;                 // number, boolean: in JSON it may also stand in quotes
  bool summed = false;                 // a report sums it: at most 15 integer and 12 fraction digits
};

enum class FileFormat { kCsv, kNdjson, kJson, kXml };

// Of the bytes of a file. Found: by a byte order mark, else by what the bytes can be.
enum class Encoding { kFound, kUtf8, kUtf16Le, kUtf16Be, kLatin1, kWindows1252 };

// The lines that a definition may skip: a title, a date, some notes.
inline constexpr std::uint64_t kMaxSkipLines = 1000;

struct CsvFormat {
  char delimiter = ',';
  char quote = '"';
  bool header = true;  // else the fields are the columns, in their order
  // Not given: found, as that with which the header has the definition's columns.
  bool delimiter_given = false;
  bool quote_given = false;
  bool ignores_other_columns = false;  // columns that no field is made from; else the file is refused
  std::uint64_t skip_lines = 0;  // physical lines above the header, or above the first row
};

// Objects of a bucket that are this dataset's, beside those that every definition looks at.
struct S3Source {
  std::string bucket;  // empty: the installation's own
  std::string prefix;
  AfterReading after = AfterReading::kKeep;
};

// How many of a file's rows may be dead letters; with more the file as a whole is refused.
struct ErrorBudget {
  std::optional<std::uint64_t> max_rows;
  std::optional<Decimal> max_share;  // of all its rows, 0 to 1
};

struct Dataset {
  std::string name;
  std::vector<std::string> files;  // glob patterns on the file's name: * ? [..]
  // "datehour={datehour}/": what stands in the path in the place of the names; empty: nothing is taken.
  std::string path_pattern;
  std::vector<std::string> path_fields;  // its names
  std::optional<S3Source> s3;
  FileFormat format = FileFormat::kCsv;
  Encoding encoding = Encoding::kFound;
  CsvFormat csv;
  std::string row_element;  // XML: the name of the element that is a row
  std::vector<FieldSpec> fields;
  std::vector<ColumnSpec> columns;
  std::vector<std::size_t> key;                // indexes into columns
  std::optional<std::size_t> event_time;       // a date or timestamp column
  std::optional<std::size_t> version;          // integer, date or timestamp column; greater wins
  std::int64_t allowed_lateness_seconds = 0;
  // After so long without a file its event time goes on with the clock; 0: never.
  std::int64_t idle_seconds = 0;
  // A row that comes behind its closed window becomes a dead letter; else it amends the closed window.
  bool rejects_late = false;
  bool to_postgres = false;                    // the records themselves as a table
  std::optional<ErrorBudget> errors;           // none: any number
  std::vector<ReportSpec> reports;
  // Reports of other datasets that look up records of this one; known once all definitions are read.
  std::vector<FeedSpec> feeds;
  std::int32_t partitions = 2;

  std::string path;         // of the definition file, for messages
  std::string text;         // what it holds
  // What is alike in all records in the log; a definition with another one cannot read them.
  std::string record_shape;
  // A hash of all that decides state and results (not sinks, not file patterns). Stored in commit
  // records; a task that finds another one refuses to go on with the old state.
  std::string fingerprint;
  // Of the file's text: files are read alike by two definitions that have the same.
  std::string text_hash;
};

// Whether one of its reports looks another dataset up, or is fed to another's.
inline bool is_linked(const Dataset& dataset) {
  bool looks_up = false;
  for (const ReportSpec& report : dataset.reports) {
    looks_up = looks_up || (report.derive && std::holds_alternative<LookupSpec>(*report.derive));
  }
  return looks_up || !dataset.feeds.empty();
}
// Whether the reports of the one can be built anew from the records of the other: a new measure, another window or
// group, but the same fields and key.
bool can_rebuild(const Dataset& old, const Dataset& changed);
// Whether a report of it is made of all records of an entity.
bool has_entities(const Dataset& dataset);
// Whether a dataset takes a file of this name (the last part of its path); a compressed file is also taken
// by its name without the .gz, .zst, .xz or .bz2.
bool takes_file(const Dataset& dataset, std::string_view file_name);

}  // namespace sluice
