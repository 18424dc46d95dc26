// CSV: headers and their dialects, rows, cells, and the values in them. The first byte says how much the
// definition knows of the dialect.

#include <nlohmann/json.hpp>

#include "common/rows/byte_order_mark.h"
#include "common/rows/csv_cells.h"
#include "common/rows/csv_splitter.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/row_laws.h"

using namespace sluice;

namespace {

std::shared_ptr<const Dataset> dataset(std::size_t number) {
  static const std::string kStart = "dataset: d\nsource: { files: \"*.csv\" }\nkey: [id, day]\nevent_time: day\n";
  static const std::string kFields =
      "records: { postgres: {} }\nfields:\n"
      "  id: { type: string, required: true }\n  n: { type: integer, min: -5 }\n  x: { type: decimal }\n"
      "  m: { type: money }\n  day: { type: date, required: true, formats: [\"%Y-%m-%d\", \"%d/%m/%Y\"] }\n"
      "  at: { type: timestamp, formats: [\"%Y-%m-%d %H:%M:%S\"], time_zone: Europe/Paris }\n"
      "  ok: { type: boolean }\n  genre: { type: string, from: \"genres[].name\" }\n"
      "  tags: { type: list, from: tags }\n";
  static const std::shared_ptr<const Dataset> made[] = {
      fuzz::dataset_of(kStart + "format: csv\n" + kFields),
      fuzz::dataset_of(kStart + "format: { csv: { delimiter: \";\", quote: \"'\" } }\n" + kFields),
      fuzz::dataset_of(kStart + "format: { csv: { delimiter: \"\\t\", other_columns: ignore } }\n" + kFields),
      fuzz::dataset_of(kStart + "format: { csv: { header: false } }\n" + kFields),
      fuzz::dataset_of(kStart + "format: { csv: { skip_lines: 2 } }\n" + kFields),
      fuzz::dataset_of(kStart + "format: { csv: { header: false, skip_lines: 1 } }\n" + kFields)};
  return made[number % std::size(made)];
}

// Lines that are skipped might as well not be in the file: it opens as the rest of it would.
void check_skipping(const std::shared_ptr<const Dataset>& dataset, std::string_view text) {
  if (dataset->csv.skip_lines == 0) return;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::string_view rest = text;
  for (std::uint64_t line = 0; line < dataset->csv.skip_lines; ++line) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    const std::size_t breaks = rest.substr(end).starts_with("\r\n") ? 2 : end < rest.size() ? 1 : 0;
    rest.remove_prefix(end + breaks);
  }
  const auto says_sep = [](std::string_view line) {
    line.remove_prefix(line.starts_with('"') ? 1 : 0);
    return line.size() >= 4 && (line[0] | 0x20) == 's' && (line[1] | 0x20) == 'e' && (line[2] | 0x20) == 'p' &&
           line[3] == '=';
  };
  // What these say at a file's start they say nowhere else.
  if (says_sep(text) || says_sep(rest) || rest.starts_with(kByteOrderMark)) return;
  auto plain = std::make_shared<Dataset>(*dataset);
  plain->csv.skip_lines = 0;
  const auto format = row_format(dataset), without = row_format(plain);
  const auto opened = format->open(text, true), expected = without->open(rest, true);
  LAW("a file opens as without the lines that are skipped", opened.has_value() == expected.has_value());
  if (!opened) return;
  LAW("at the same place", (*opened)->consumed == text.size() - rest.size() + (*expected)->consumed);
  LAW("with the same header", (*opened)->header == (*expected)->header);
  LAW("in the same dialect", format->dialect().delimiter == without->dialect().delimiter &&
                                 format->dialect().quote == without->dialect().quote);
}

// A row's cells, written by a writer that quotes all, are read again.
void check_cells(std::string_view row, const CsvFormat& format) {
  const auto cells = split_cells(row, format);
  if (!cells) return;
  std::string again;
  for (const std::string& cell : *cells) {
    if (!again.empty()) again += format.delimiter;
    again += format.quote;
    for (const char c : cell) again.append(c == format.quote ? 2 : 1, c);
    again += format.quote;
  }
  const auto read = split_cells(again, format);
  LAW("cells that are written are read again", read && *read == *cells);
  std::size_t bytes = 0;
  for (const std::string& cell : *cells) bytes += cell.size();
  const auto marks = static_cast<std::size_t>(std::ranges::count(row, format.quote)) + cells->size() - 1;
  LAW("no byte of a row is lost but quotes and delimiters", bytes + marks >= row.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Choices choices(bytes, size);
  const auto chosen = dataset(choices.byte());
  fuzz::check_file(chosen, choices.rest());
  check_skipping(chosen, choices.rest());
  SplitResult split;
  split_rows(choices.rest(), true, 1, chosen->csv, 0, split);
  for (const RawRow& row : split.rows) check_cells(choices.rest().substr(row.begin, row.end - row.begin), chosen->csv);
  return 0;
}
