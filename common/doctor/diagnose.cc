#include "common/doctor/diagnose.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/definition/definition_parser.h"
#include "common/doctor/examination.h"
#include "common/doctor/proposal.h"
#include "common/doctor/text_stream.h"
#include "common/rows/line_breaks.h"
#include "common/rows/path_values.h"
#include "common/rows/row_format.h"
#include "common/rows/row_reader.h"

namespace sluice::doctor {
namespace {

constexpr std::size_t kBlock = 1024UL * 1024;
constexpr std::uint64_t kMostLinesAbove = 50;  // a header that was not found is looked for below so many

LineEnds line_ends_of(std::string_view text) {
  const std::size_t at = text.find_first_of("\r\n");
  if (at == std::string_view::npos) return LineEnds::kNone;
  if (text[at] == '\n') return LineEnds::kLf;
  return text.substr(at).starts_with("\r\n") ? LineEnds::kCrlf : LineEnds::kCr;
}

std::string with_full_stop(std::string sentence) {
  if (!sentence.ends_with('.')) sentence += '.';
  return sentence;
}

// Where the definition's header stands further down in a file: a sentence that says so; else empty.
std::string header_further_down(const Dataset& dataset, std::string_view text, bool at_end) {
  if (dataset.format != FileFormat::kCsv || !dataset.csv.header) return {};
  auto below = std::make_shared<Dataset>(dataset);
  for (std::uint64_t skip = dataset.csv.skip_lines + 1; skip <= dataset.csv.skip_lines + kMostLinesAbove; ++skip) {
    below->csv.skip_lines = skip;
    const auto format = row_format(below);
    const auto opening = format->open(text, at_end);
    if (!opening || !*opening) return {};
    if (!RowReader::for_file(below, *format, (*opening)->header, {})) continue;
    // The header's own line, where blank lines stand above it.
    const std::uint64_t line = (*opening)->next_line - 1 - count_line_breaks((*opening)->header);
    return fmt::format(" The header stands on line {}: with `format: {{ csv: {{ skip_lines: {} }} }}` the file is "
                       "read.", line, line - 1);
  }
  return {};
}

// Of a definition that is only proposed: what it would make of so many rows that it had better be changed.
std::vector<std::string> warnings_of(const Diagnosis& d) {
  std::vector<std::string> out;
  const auto many = [&](std::uint64_t rows) { return rows > 0 && rows * 100 >= d.rows; };
  for (const auto& [column, rows] : d.dead_letters_by_column) {
    if (!many(rows)) continue;
    out.push_back(fmt::format("The proposed definition would refuse {} of {} rows for {}.", rows, d.rows,
                              column.empty() ? "their shape" : fmt::format("what stands in \"{}\"", column)));
  }
  if (many(d.corrections)) {
    out.push_back(fmt::format("{} of {} rows have the proposed key of an earlier one with other content, and would "
                              "correct it: is it the key?", d.corrections, d.rows));
  }
  return out;
}

// Reads one file; the results go into the diagnosis.
class Visit {
 public:
  Visit(ByteReader& bytes, std::string path, std::shared_ptr<const Dataset> dataset)
      : path_(std::move(path)),
        dataset_(std::move(dataset)),
        text_(bytes, dataset_ == nullptr ? Encoding::kFound : dataset_->encoding) {
    out_.file = path_.substr(path_.rfind('/') + 1);
    if (dataset_ != nullptr) out_.definition = dataset_->path;
  }

  Diagnosis run(const std::set<std::string>& taken) {
    auto read = look();
    if (read && dataset_ == nullptr) read = propose_definition(taken);
    if (read) read = read_rows();
    if (!read) out_.error = read.error().message;
    out_.bytes = text_.bytes();
    if (!out_.proposal.empty()) out_.warnings = warnings_of(out_);
    return std::move(out_);
  }

 private:
  Result<bool> look() {
    auto filled = text_.fill(kBlock);
    if (!filled) return filled;
    out_.encoding = text_.encoding();
    out_.byte_order_mark = text_.byte_order_mark();
    out_.line_ends = line_ends_of(text_.held());
    if (text_.held().empty()) return fail("The file is empty.");
    return check_text();
  }

  Result<bool> check_text() const {
    if (text_.held().find('\0') == std::string_view::npos) return true;
    return fail("The file is not text: it has a NUL byte.");
  }

  Result<bool> propose_definition(const std::set<std::string>& taken) {
    auto proposal = propose(out_.file, text_.held(), text_.at_end(), taken);
    if (!proposal) return tl::unexpected(proposal.error());
    auto parsed = parse_definition(*proposal, "the proposed definition");
    if (!parsed) return fail("No definition can be proposed: " + to_string(parsed.error().front()));
    out_.proposal = *std::move(proposal);
    dataset_ = std::make_shared<const Dataset>(*std::move(parsed));
    return true;
  }

  // What stands before the first row.
  Result<Opening> open(RowFormat& format) {
    for (std::size_t want = kBlock;; want *= 2) {
      if (auto filled = text_.fill(want); !filled) return tl::unexpected(filled.error());
      auto opening = format.open(text_.held(), text_.at_end());
      if (!opening) return tl::unexpected(opening.error());
      if (*opening) return **opening;
      if (text_.at_end() || want > 4 * kMaxRowBytes) return fail("The file has no beginning.");
    }
  }

  Result<bool> read_rows() {
    out_.dataset = dataset_->name;
    out_.format = dataset_->format;
    out_.row_element = dataset_->row_element;
    const auto values = path_values(*dataset_, path_);
    if (!values) {
      return fail(fmt::format("The path has no {}, of which fields are made.", dataset_->path_pattern));
    }
    const auto format = row_format(dataset_);
    const auto opening = open(*format);
    if (!opening) return tl::unexpected(opening.error());
    out_.csv = format->dialect();
    auto reader = RowReader::for_file(dataset_, *format, opening->header, *values);
    if (!reader) {
      return fail("It does not fit: " + with_full_stop(reader.error().message) +
                  header_further_down(*dataset_, text_.held(), text_.at_end()));
    }
    Examination examination(*std::move(reader), *dataset_, out_);
    text_.drop(opening->consumed);
    if (auto read = read_blocks(*format, opening->next_line, examination); !read) return read;
    if (dataset_->errors) {
      if (auto over = examination.tally().over(*dataset_->errors)) return fail(*std::move(over));
    }
    return true;
  }

  Result<bool> read_blocks(const RowFormat& format, std::uint64_t line, Examination& examination) {
    SplitResult split;
    for (std::size_t want = kBlock;;) {
      if (auto filled = text_.fill(want); !filled) return filled;
      if (auto good = check_text(); !good) return good;
      format.split(text_.held(), text_.at_end(), line, 0, split);
      examination.take(text_.held(), split);
      line = split.next_line;
      text_.drop(split.consumed);
      if (text_.at_end()) return true;
      // A row that is longer than the block.
      want = split.consumed == 0 ? text_.held().size() + kBlock : kBlock;
      if (want > 2 * kMaxRowBytes) {
        return fail(fmt::format("Line {} is longer than {} MiB: this is no file of rows.", line,
                                kMaxRowBytes >> 20U));
      }
    }
  }

  std::string path_;
  std::shared_ptr<const Dataset> dataset_;
  TextStream text_;
  Diagnosis out_;
};

}  // namespace

Diagnosis diagnose(ByteReader& bytes, const std::string& path,
                   std::shared_ptr<const Dataset> dataset, const std::set<std::string>& taken) {
  return Visit(bytes, path, std::move(dataset)).run(taken);
}

}  // namespace sluice::doctor
