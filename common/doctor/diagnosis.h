#pragma once
// What would become of a file, without a broker and without a trace: the result of diagnose().

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "common/doctor/column_statistics.h"
#include "common/rows/row_rejection.h"

namespace sluice::doctor {

inline constexpr std::size_t kMostLetters = 20;        // kept
inline constexpr std::size_t kMostKeys = 1'000'000;    // followed, for repetitions

enum class LineEnds { kNone, kLf, kCrlf, kCr };

struct DeadRow {
  std::uint64_t line = 0;
  RowRejection why;
  std::string row;  // printable; of a long one the beginning
};

struct Diagnosis {
  std::string file;
  std::string dataset;     // whose it would be; of a proposal, the proposed
  std::string definition;  // path of the definition; empty: none takes it
  std::string error;       // a sentence why the file as a whole would be refused; empty: it would be read

  std::uint64_t bytes = 0;  // unpacked
  Encoding encoding = Encoding::kUtf8;
  bool byte_order_mark = false;
  LineEnds line_ends = LineEnds::kNone;
  FileFormat format = FileFormat::kCsv;
  CsvFormat csv;            // of CSV, as found
  std::string row_element;  // of XML

  // The receipt of the file by itself, were it the first delivery of all: rows = records + dead letters + duplicates +
  // corrections.
  std::uint64_t rows = 0, records = 0, dead_letters = 0, duplicates = 0, corrections = 0;
  bool all_keys_followed = true;  // else repetitions of keys beyond kMostKeys count as records

  std::vector<DeadRow> first_dead_letters;
  std::map<std::string, std::uint64_t> dead_letters_by_rule;
  std::map<std::string, std::uint64_t> dead_letters_by_column;  // "": of none, but of the row
  std::vector<ColumnStatistics> columns;

  // Sentences: of a proposal that would refuse many rows, and where; or whose key is not quite one.
  std::vector<std::string> warnings;
  std::string proposal;  // YAML of a definition that takes the file, where none does
};

}  // namespace sluice::doctor
