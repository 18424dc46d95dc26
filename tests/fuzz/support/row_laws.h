#pragma once
// What holds for every format's rows, whatever the file: they depend only on the bytes from where one begins, no
// byte is lost, each knows its line, and a row is a record that every later service reads, or has a reason.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/json_text.h"
#include "common/definition/definition_parser.h"
#include "common/rows/line_breaks.h"
#include "common/rows/row_format.h"
#include "common/rows/row_reader.h"
#include "services/loader/core/json_fields.h"
#include "services/transform/core/record_reader.h"
#include "tests/fuzz/support/law.h"

namespace sluice::fuzz {

inline std::shared_ptr<const Dataset> dataset_of(const std::string& yaml) {
  auto parsed = parse_definition(yaml, "fuzz.yaml");
  if (!parsed) {
    for (const DefinitionError& error : parsed.error()) std::fprintf(stderr, "%s\n", to_string(error).c_str());
  }
  LAW("a fuzz target's own definition is good", parsed.has_value());
  return std::make_shared<const Dataset>(*std::move(parsed));
}

// A row as it lies in the file.
struct PlacedRow {
  std::size_t begin = 0, end = 0;
  std::uint64_t line = 0;
  bool unclosed_quote = false;
  bool operator==(const PlacedRow&) const = default;
};

// All rows from `at` on, read in pieces of `piece` bytes (0: at once), stopping after `max_bytes`.
inline std::vector<PlacedRow> rows_from(const RowFormat& format, std::string_view text, std::size_t at,
                                        std::uint64_t line, std::size_t piece, std::size_t max_bytes) {
  std::vector<PlacedRow> out;
  std::size_t end = piece == 0 ? text.size() : std::min(text.size(), at + piece);
  for (;;) {
    // A copy of just this size: a sanitizer sees who reads beyond it.
    const std::vector<char> exact(text.begin() + static_cast<std::ptrdiff_t>(at),
                                  text.begin() + static_cast<std::ptrdiff_t>(end));
    const bool at_end = end == text.size();
    SplitResult split;
    format.split({exact.data(), exact.size()}, at_end, line, max_bytes, split);
    LAW("no more is consumed than is there", split.consumed <= exact.size());
    std::size_t last = 0;
    for (const RawRow& row : split.rows) {
      LAW("rows lie one behind the other", row.begin >= last && row.end >= row.begin && row.end <= split.consumed);
      last = row.end;
      out.push_back({at + row.begin, at + row.end, row.line, row.unclosed_quote});
    }
    LAW("splitting goes on or asks for more", split.consumed > 0 || !at_end || exact.empty());
    at += split.consumed;
    line = split.next_line;
    if (at == text.size() && at_end) return out;
    if (split.consumed == 0 || piece != 0) end = std::min(text.size(), std::max(end, at) + (piece == 0 ? 1 : piece));
  }
}

inline void check_record(const Dataset& dataset, const RowRecord& record) {
  LAW("a record is UTF-8", is_valid_utf8(record.value) && is_valid_utf8(record.key));
  LAW("a record has a key", !record.key.empty());
  transform::RecordReader transform(dataset);
  std::vector<Cell> cells;
  const auto problem = transform.read(record.value, cells);
  if (problem) std::fprintf(stderr, "%s %s: %s\n", record.value.c_str(), problem->column.c_str(), problem->reason.c_str());
  LAW("transform reads every record of ingest", !problem);
  std::vector<loader::JsonField> fields;
  for (const ColumnSpec& column : dataset.columns) fields.push_back({column.name, column.type, column.nullable, false});
  loader::JsonFields loader(std::move(fields));
  const auto texts = loader.object(record.value);
  if (!texts) std::fprintf(stderr, "%s: %s\n", record.value.c_str(), texts.error().message.c_str());
  LAW("loader reads every record of ingest", texts.has_value());
}

inline void check_cells(const std::shared_ptr<const Dataset>& dataset, const RowFormat& format, const Opening& opening,
                        std::string_view text, const std::vector<PlacedRow>& rows) {
  auto reader = RowReader::for_file(dataset, format, opening.header, {});
  if (!reader) {
    LAW("a refusal says why", !reader.error().message.empty() && is_valid_utf8(reader.error().message));
    return;
  }
  RowReader twin = *reader;  // as another thread has it
  for (const PlacedRow& row : rows) {
    const std::string_view bytes = text.substr(row.begin, row.end - row.begin);
    RowRecord record, again;
    RowRejection rejection, same;
    const bool good = reader->read(bytes, record, rejection);
    LAW("a row is read the same by every thread", twin.read(bytes, again, same) == good);
    if (good) {
      LAW("a row is read the same twice", record.key == again.key && record.value == again.value &&
                                              record.event_time_ms == again.event_time_ms);
      check_record(*dataset, record);
    } else {
      LAW("a rejection has a rule and a reason", !rejection.rule.empty() && !rejection.reason.empty());
      LAW("the same reason twice", rejection.rule == same.rule && rejection.reason == same.reason);
    }
  }
}

// A file of `text` as `dataset` reads it.
inline void check_file(const std::shared_ptr<const Dataset>& dataset, std::string_view text) {
  const auto format = row_format(dataset);
  const auto opened = format->open(text, true);
  // Seen in pieces, the same is found as soon as anything is.
  for (std::size_t size = 0; size <= text.size(); size = size < 64 ? size + 1 : size * 2) {
    const auto part = row_format(dataset);
    const std::vector<char> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    const auto early = part->open({exact.data(), exact.size()}, false);
    if (early && !*early) continue;
    LAW("a file opens the same from its beginning", early.has_value() == opened.has_value());
    if (!early) break;
    LAW("what is seen of a beginning holds for all", (*early)->consumed == (*opened)->consumed &&
                                                         (*early)->next_line == (*opened)->next_line &&
                                                         (*early)->header == (*opened)->header);
    LAW("and how it is written", part->dialect().delimiter == format->dialect().delimiter &&
                                     part->dialect().quote == format->dialect().quote);
    break;
  }
  if (!opened) {
    LAW("a refusal says why", !opened.error().message.empty() && is_valid_utf8(opened.error().message));
    return;
  }
  LAW("a whole file is enough to open it", opened->has_value());
  const Opening& opening = **opened;
  LAW("an opening lies in the file", opening.consumed <= text.size());
  const auto whole = rows_from(*format, text, opening.consumed, opening.next_line, 0, 0);
  for (const std::size_t piece : {1, 2, 3, 7, 64}) {
    LAW("rows do not depend on how a file is cut",
        rows_from(*format, text, opening.consumed, opening.next_line, piece, 0) == whole);
  }
  LAW("nor on where a block ends", rows_from(*format, text, opening.consumed, opening.next_line, 0, 1) == whole);
  LAW("nor on both", rows_from(*format, text, opening.consumed, opening.next_line, 5, 9) == whole);
  std::size_t counted = 0;
  std::uint64_t line = 1;
  for (const PlacedRow& row : whole) {
    line += count_line_breaks(text.substr(counted, row.begin - counted));
    counted = row.begin;
    LAW("a row knows its physical line", row.line == line);
  }
  // Each place from which reading may go on gives the rest.
  std::size_t at = opening.consumed, next = 0;
  line = opening.next_line;
  while (at < text.size()) {
    SplitResult split;
    format->split(text.substr(at), true, line, 1, split);
    LAW("the rest of a file is the same from any of its rows", split.rows.size() + next <= whole.size());
    for (const RawRow& row : split.rows) {
      LAW("the same row", whole[next++] == (PlacedRow{at + row.begin, at + row.end, row.line, row.unclosed_quote}));
    }
    at += split.consumed;
    line = split.next_line;
  }
  LAW("no row is left out", next == whole.size());
  check_cells(dataset, *format, opening, text, whole);
}

}  // namespace sluice::fuzz
