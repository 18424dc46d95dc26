#include "common/rows/csv_format.h"

#include <fmt/format.h>

#include "common/base/json_text.h"
#include "common/rows/byte_order_mark.h"
#include "common/rows/csv_cells.h"
#include "common/rows/csv_preamble.h"
#include "common/rows/csv_splitter.h"
#include "common/rows/header_check.h"

namespace sluice {
namespace {

class Csv final : public RowFormat {
 public:
  explicit Csv(std::shared_ptr<const Dataset> dataset)
      : dataset_(std::move(dataset)), format_(dataset_->csv) {}

  Result<std::optional<Opening>> open(std::string_view start, bool at_end) override {
    if (may_be_byte_order_mark(start, at_end)) return std::optional<Opening>();
    const std::size_t mark = byte_order_mark(start);
    const auto preamble = csv_preamble(start.substr(mark), at_end, dataset_->csv);
    if (!preamble) return tl::unexpected(preamble.error());
    if (!*preamble) return std::optional<Opening>();
    const CsvPreamble& above = **preamble;
    Opening opening;
    opening.consumed = mark + above.bytes;
    opening.next_line = above.lines + 1;
    if (above.delimiter) format_.delimiter = *above.delimiter;
    if (!format_.header) return std::optional(opening);
    return open_header(start.substr(opening.consumed), at_end, opening, above.delimiter);
  }

  void split(std::string_view buffer, bool at_end, std::uint64_t first_line, std::size_t max_bytes,
             SplitResult& out) const override {
    split_rows(buffer, at_end, first_line, format_, max_bytes, out);
  }

  CsvFormat dialect() const override { return format_; }

  Result<std::unique_ptr<CellReader>> cell_reader(std::string_view header) const override {
    if (!format_.header) return csv_cell_reader(*dataset_, format_, columns_without_header(*dataset_));
    if (!is_valid_utf8(header)) {
      return fail("the header is not UTF-8: is this file in another encoding, or not a text?");
    }
    const auto names = split_cells(header, format_);
    if (!names) return fail("the header cannot be read: " + names.error().message);
    if (auto wrong = check_header(*dataset_, *names); !wrong.empty()) return fail(std::move(wrong));
    return csv_cell_reader(*dataset_, format_, *names);
  }

 private:
  // `text` begins with the header, on line `above.next_line`; `named`: the delimiter that the file names itself.
  Result<std::optional<Opening>> open_header(std::string_view text, bool at_end, const Opening& above,
                                             std::optional<char> named) {
    bool need_more = false;
    std::optional<Opening> usual;  // as the definition says, or as most files are
    for (const CsvFormat& dialect : dialects(named)) {
      SplitResult split;
      split_rows(text, at_end, above.next_line, dialect, 1, split);
      if (split.rows.empty()) {
        need_more = !at_end;
        continue;
      }
      const RawRow& row = split.rows.front();
      if (row.unclosed_quote) continue;
      Opening found{above.consumed + split.consumed, split.next_line,
                    std::string(text.substr(row.begin, row.end - row.begin))};
      if (fits(found.header, dialect)) {
        format_ = dialect;
        return std::optional(std::move(found));
      }
      if (!usual) usual = std::move(found);
    }
    if (need_more && text.size() <= kMaxRowBytes) return std::optional<Opening>();
    if (usual) return usual;
    SplitResult split;
    split_rows(text, true, above.next_line, format_, 1, split);
    if (!split.rows.empty()) return fail("The header row has a quote that is never closed.");
    if (format_.skip_lines == 0) return fail("The file has no header row.");
    return fail(fmt::format("The file has no header row behind the {} lines that the definition skips.",
                            format_.skip_lines));
  }

  bool fits(std::string_view header, const CsvFormat& dialect) const {
    const auto names = split_cells(header, dialect);
    return names && check_header(*dataset_, *names).empty();
  }

  // The definition's first.
  std::vector<CsvFormat> dialects(std::optional<char> named) const {
    std::vector<CsvFormat> out;
    const auto add = [&](char delimiter, char quote) {
      CsvFormat dialect = dataset_->csv;
      dialect.delimiter = delimiter;
      dialect.quote = quote;
      out.push_back(dialect);
    };
    CsvFormat given = dataset_->csv;
    if (named) {
      given.delimiter = *named;
      given.delimiter_given = true;
    }
    add(given.delimiter, given.quote);
    for (const char quote : {'"', '\''}) {
      if (given.quote_given && quote != given.quote) continue;
      for (const char delimiter : {',', ';', '\t', '|'}) {
        if (given.delimiter_given && delimiter != given.delimiter) continue;
        add(delimiter, quote);
      }
    }
    return out;
  }

  std::shared_ptr<const Dataset> dataset_;
  CsvFormat format_;
};

}  // namespace

std::unique_ptr<RowFormat> csv_row_format(std::shared_ptr<const Dataset> dataset) {
  return std::make_unique<Csv>(std::move(dataset));
}

}  // namespace sluice
