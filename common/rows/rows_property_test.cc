#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

#include "common/definition/definition_parser.h"
#include "common/rows/csv_cells.h"
#include "common/rows/csv_splitter.h"
#include "common/rows/row_reader.h"

namespace sluice {
namespace {

struct Seen {
  std::string text;
  std::uint64_t line;
  bool unclosed_quote;
  bool operator==(const Seen&) const = default;
};

void keep(const SplitResult& split, std::string_view buffer, std::vector<Seen>& out) {
  for (const RawRow& row : split.rows) {
    out.push_back({std::string(buffer.substr(row.begin, row.end - row.begin)), row.line, row.unclosed_quote});
  }
}

// Reads in pieces, as ingest does: what is left is given again with more behind it.
std::vector<Seen> in_pieces(const std::string& text, const std::vector<std::size_t>& sizes, std::size_t max_bytes) {
  std::vector<Seen> out;
  std::string buffer;
  std::size_t at = 0, turn = 0;
  std::uint64_t line = 1;
  while (at < text.size() || !buffer.empty()) {
    const std::size_t size = sizes.empty() ? 1 : sizes[turn++ % sizes.size()] % 7 + 1;
    buffer += text.substr(at, size);
    at = std::min(text.size(), at + size);
    SplitResult split;
    split_rows(buffer, at == text.size(), line, {}, max_bytes, split);
    keep(split, buffer, out);
    buffer.erase(0, split.consumed);
    line = split.next_line;
  }
  return out;
}

rc::Gen<std::string> csv_like_text() {
  return rc::gen::container<std::string>(rc::gen::element('a', ',', '"', '\n', '\r', 'b', '"', ','));
}

RC_GTEST_PROP(CsvSplitter, RowsDoNotDependOnHowTheFileIsCutIntoBuffers, ()) {
  const auto text = *csv_like_text();
  const auto sizes = *rc::gen::arbitrary<std::vector<std::size_t>>();
  SplitResult whole;
  split_rows(text, true, 1, {}, 0, whole);
  std::vector<Seen> expected;
  keep(whole, text, expected);
  RC_ASSERT(whole.consumed == text.size());
  RC_ASSERT(in_pieces(text, sizes, 0) == expected);
  RC_ASSERT(in_pieces(text, sizes, 3) == expected);
}

RC_GTEST_PROP(CsvSplitter, LosesNoByteBetweenItsRows, ()) {
  const auto text = *csv_like_text();
  SplitResult split;
  split_rows(text, true, 1, {}, 0, split);
  std::size_t at = 0;
  for (const RawRow& row : split.rows) {
    RC_ASSERT(row.begin >= at);
    for (; at < row.begin; ++at) RC_ASSERT(text[at] == '\n' || text[at] == '\r');
    RC_ASSERT(row.end > row.begin);
    at = row.end;
  }
  for (; at < text.size(); ++at) RC_ASSERT(text[at] == '\n' || text[at] == '\r');
}

RC_GTEST_PROP(CsvSplitter, ReadsBackWhatAWriterQuotes, ()) {
  const auto cells = *rc::gen::container<std::vector<std::string>>(csv_like_text());
  RC_PRE(!cells.empty());
  std::string row;
  for (const std::string& cell : cells) {
    row += row.empty() ? "\"" : ",\"";
    for (const char c : cell) row += c == '"' ? std::string("\"\"") : std::string(1, c);
    row += '"';
  }
  const std::string text = row + "\r\nnext\n";
  SplitResult split;
  split_rows(text, true, 1, {}, 0, split);
  RC_ASSERT(split.rows.size() == 2U);
  RC_ASSERT(text.substr(split.rows[0].begin, split.rows[0].end) == row);
  RC_ASSERT(split_cells(row, {}).value() == cells);
}

RC_GTEST_PROP(RowReader, WhateverTheBytesARowIsARecordInJsonOrHasAReason, ()) {
  const auto dataset = parse_definition(
      "dataset: d\nsource: { files: d.csv }\nformat: csv\nkey: [a, n]\nrecords: { postgres: {} }\n"
      "fields:\n  a: { type: string, required: true }\n  n: { type: decimal, required: true }\n"
      "  m: { type: money }\n  t: { type: timestamp, formats: [\"%Y-%m-%d %H:%M\"] }\n",
      "d.yaml");
  RC_ASSERT(dataset.has_value());
  auto reader = RowReader::for_header(std::make_shared<const Dataset>(*dataset), "a,n,m,t").value();
  const auto cell = [](rc::Gen<std::string> usual) {
    return *rc::gen::weightedOneOf<std::string>({{5, usual}, {1, csv_like_text()}, {1, rc::gen::arbitrary<std::string>()}});
  };
  const std::string row = cell(rc::gen::arbitrary<std::string>()) + "," +
                          cell(rc::gen::element<std::string>("1", "-0.50", "8.2e-05", "1e400", ".", " 7 ")) + "," +
                          cell(rc::gen::element<std::string>("", "£5", "1\u00a0234.5 CHF", "\u20ac", "(\u20ac5)", "1,2,3 \u20ac")) + "," +
                          cell(rc::gen::element<std::string>("", "2017-01-31 10:00", "2017-02-31 10:00"));
  RowRecord record;
  RowRejection rejection;
  if (!reader.read(row, record, rejection)) {
    RC_ASSERT(!rejection.rule.empty());
    RC_ASSERT(!rejection.reason.empty());
    return;
  }
  simdjson::dom::parser parser;
  simdjson::dom::object value;
  simdjson::dom::array key;
  RC_ASSERT(parser.parse(record.value).get(value) == simdjson::SUCCESS);
  RC_ASSERT(value.size() == 5U);
  RC_ASSERT(parser.parse(record.key).get(key) == simdjson::SUCCESS);
  RC_ASSERT(key.size() == 2U);
}

}  // namespace
}  // namespace sluice
