#include "services/ingest/core/file_reading.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "common/rows/path_values.h"
#include "common/rows/row_context.h"
#include "common/rows/row_format.h"
#include "common/rows/row_reader.h"
#include "common/rows/text_encoding.h"
#include "services/ingest/core/retry_lines.h"

namespace sluice::ingest {
namespace {

// Whole rows on their way to the pool, with what parses them. Owns everything: a file may be
// dropped while its blocks are being parsed.
struct Block {
  std::string bytes;
  std::vector<RawRow> rows;
  std::uint64_t next_byte = 0;
  std::uint64_t next_line = 1;
  std::shared_ptr<const RowReader> reader;
  std::shared_ptr<const Dataset> retried_by;  // of a retry, in the reader's place
};

struct Span {
  std::size_t key_at, key_size, value_at, value_size, origin_at, origin_size;
};

// Records as they are found; their bytes stop moving at the end.
class RecordList {
 public:
  RecordList(ParsedBlock& out, std::size_t rows) : out_(out) {
    out_.records.reserve(rows);
    spans_.reserve(rows);
  }
  void add(const RowRecord& record, std::uint64_t line, std::string_view origin) {
    std::string& bytes = *out_.bytes;
    const std::size_t at = bytes.size();
    spans_.push_back({at, record.key.size(), at + record.key.size(), record.value.size(),
                      at + record.key.size() + record.value.size(), origin.size()});
    bytes.append(record.key).append(record.value).append(origin);
    out_.records.push_back({{}, {}, {}, record.event_time_ms, line});
  }
  void finish() {
    const std::string_view all = *out_.bytes;
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      ParsedRecord& record = out_.records[i];
      record.key = all.substr(spans_[i].key_at, spans_[i].key_size);
      record.value = all.substr(spans_[i].value_at, spans_[i].value_size);
      record.origin = all.substr(spans_[i].origin_at, spans_[i].origin_size);
    }
  }

 private:
  ParsedBlock& out_;
  std::vector<Span> spans_;
};

DeadLetter letter_of(const RawRow& raw, std::string_view row, const RowRejection& rejection) {
  DeadLetter letter;
  letter.line = raw.line;
  letter.column = rejection.column;
  letter.rule = rejection.rule;
  letter.reason = rejection.reason;
  letter.row = printable_row(row);
  return letter;
}

ParsedBlock parse(const Block& block) {
  ParsedBlock out;
  out.rows = block.rows.size();
  out.next_byte = block.next_byte;
  out.next_line = block.next_line;
  out.bytes->reserve(block.bytes.size() * 3);
  RecordList records(out, block.rows.size());
  RowReader reader = *block.reader;
  RowRecord record;
  RowRejection rejection;
  for (const RawRow& raw : block.rows) {
    const auto row = std::string_view(block.bytes).substr(raw.begin, raw.end - raw.begin);
    if (raw.unclosed_quote) {
      out.letters.push_back(letter_of(
          raw, row, {"", "unclosed_quote", "A quote opens in this row and is never closed."}));
    } else if (reader.read(row, record, rejection)) {
      records.add(record, raw.line, {});
    } else {
      out.letters.push_back(letter_of(raw, row, rejection));
    }
  }
  records.finish();
  return out;
}

// Each line is a dead letter; its row is read by the definition as it is now.
ParsedBlock parse_retried(const Block& block) {
  ParsedBlock out;
  out.rows = block.rows.size();
  out.next_byte = block.next_byte;
  out.next_line = block.next_line;
  RecordList records(out, block.rows.size());
  ContextReader reader(block.retried_by);
  RowRecord record;
  RowRejection rejection;
  for (const RawRow& raw : block.rows) {
    const auto line = std::string_view(block.bytes).substr(raw.begin, raw.end - raw.begin);
    const auto letter = retried_letter_from_json(line);
    if (!letter) {
      out.letters.push_back(letter_of(raw, line, {"", "json", letter.error().message}));
    } else if (reader.read(letter->context, letter->row, record, rejection)) {
      records.add(record, raw.line, letter->id);
    } else {
      out.letters.push_back(again(*letter, rejection));
    }
  }
  records.finish();
  return out;
}

// Bytes of a file, read as they are needed.
class ByteBuffer {
 public:
  explicit ByteBuffer(std::unique_ptr<FileReader> file) : file_(std::move(file)) {}
  bool at_end() const { return at_end_; }
  std::string& bytes() { return bytes_; }
  Result<bool> read_more(std::size_t size) {
    const std::size_t had = bytes_.size();
    bytes_.resize(had + size);
    const auto got = file_->read(std::span(bytes_).subspan(had));
    if (!got) return tl::unexpected(got.error());
    bytes_.resize(had + *got);
    at_end_ = *got < size;
    return true;
  }
  // Gives away the first `size` bytes and keeps the rest.
  std::string take(std::size_t size) {
    std::string rest = bytes_.substr(size);
    bytes_.resize(size);
    return std::exchange(bytes_, std::move(rest));
  }

 private:
  std::unique_ptr<FileReader> file_;
  std::string bytes_;
  bool at_end_ = false;
};

class RowsReading final : public FileReading {
 public:
  // Without a reader it is a retry.
  RowsReading(ParsePool& pool, std::shared_ptr<const Dataset> dataset,
              std::shared_ptr<const RowFormat> format, std::shared_ptr<const RowReader> reader,
              std::string context, ByteBuffer buffer, std::uint64_t next_byte, std::uint64_t next_line, Encoding encoding,
              ReadLimits limits)
      : pool_(pool),
        dataset_(std::move(dataset)),
        format_(std::move(format)),
        reader_(std::move(reader)),
        context_(std::move(context)),
        buffer_(std::move(buffer)),
        next_byte_(next_byte),
        next_line_(next_line),
        encoding_(encoding),
        limits_(limits) {}

  Result<std::optional<ParsedBlock>> next() override {
    while (!exhausted_ && ahead_.size() < limits_.blocks_ahead) {
      auto read = read_block();
      if (!read) return tl::unexpected(read.error());
    }
    if (ahead_.empty()) return std::optional<ParsedBlock>();
    ParsedBlock block = ahead_.front().get();
    ahead_.pop_front();
    return std::optional<ParsedBlock>(std::move(block));
  }
  const Dataset& dataset() const override { return *dataset_; }
  const std::string& context() const override { return context_; }
  bool counts_files_bytes() const override { return encoding_ == Encoding::kUtf8; }

 private:
  Result<bool> read_block() {
    std::size_t want = limits_.block_bytes;
    SplitResult split;
    for (;;) {
      if (!buffer_.at_end() && buffer_.bytes().size() < want) {
        auto more = buffer_.read_more(want - buffer_.bytes().size());
        if (!more) return more;
      }
      format_->split(buffer_.bytes(), buffer_.at_end(), next_line_, limits_.block_bytes, split);
      if (split.consumed > 0 || buffer_.at_end()) break;
      if (buffer_.bytes().size() > 2 * kMaxRowBytes) {
        return fail("Line " + std::to_string(next_line_) + " begins a row that is longer than " +
                    std::to_string(kMaxRowBytes) + " bytes; it cannot be told where the next begins.");
      }
      want = std::max(want, buffer_.bytes().size()) * 2;  // a row longer than the buffer
    }
    exhausted_ = buffer_.at_end() && split.consumed == buffer_.bytes().size();
    auto block = std::make_shared<Block>();
    block->bytes = buffer_.take(split.consumed);
    block->rows = std::move(split.rows);
    next_byte_ += split.consumed;
    next_line_ = split.next_line;
    block->next_byte = next_byte_;
    block->next_line = next_line_;
    block->reader = reader_;
    if (reader_ == nullptr) block->retried_by = dataset_;
    ahead_.push_back(pool_.submit<ParsedBlock>(
        [block] { return block->reader == nullptr ? parse_retried(*block) : parse(*block); }));
    return true;
  }

  ParsePool& pool_;
  std::shared_ptr<const Dataset> dataset_;
  std::shared_ptr<const RowFormat> format_;
  std::shared_ptr<const RowReader> reader_;
  std::string context_;
  ByteBuffer buffer_;
  std::uint64_t next_byte_;
  std::uint64_t next_line_;
  Encoding encoding_;
  ReadLimits limits_;
  bool exhausted_ = false;
  std::deque<std::future<ParsedBlock>> ahead_;
};

struct Text {
  Encoding encoding = Encoding::kUtf8;
  std::unique_ptr<ByteReader> bytes;  // from the file's beginning, in UTF-8
};

Result<Text> open_text(FileSource& source, const Announcement& file, Encoding given) {
  auto bytes = source.open(file, 0);
  if (!bytes) return tl::unexpected(bytes.error());
  if (given == Encoding::kUtf8) return Text{given, *std::move(bytes)};
  std::string start(kEncodingBytes, '\0');
  const auto got = (*bytes)->read(start);
  if (!got) return tl::unexpected(got.error());
  start.resize(*got);
  const Encoding encoding = given == Encoding::kFound ? find_encoding(start) : given;
  auto whole = std::make_unique<PrefixedReader>(std::move(start), *std::move(bytes));
  return Text{encoding, decoded(std::move(whole), encoding)};
}

// What stands before the first row. The buffer keeps it.
Result<Opening> read_opening(ByteBuffer& buffer, RowFormat& format) {
  for (std::size_t want = 64 * 1024;; want *= 2) {
    if (!buffer.at_end()) {
      auto more = buffer.read_more(want - std::min(want, buffer.bytes().size()));
      if (!more) return tl::unexpected(more.error());
    }
    auto opening = format.open(buffer.bytes(), buffer.at_end());
    if (!opening) return tl::unexpected(opening.error());
    if (*opening) return **std::move(opening);
    if (buffer.at_end() || want > 4 * kMaxRowBytes) return fail("The file has no beginning.");
  }
}

// An Error where a field that must have a value would be taken from a path that does not say it.
Result<std::vector<std::string>> values_of_path(const Dataset& dataset, const std::string& path) {
  if (auto values = path_values(dataset, path)) return *std::move(values);
  for (const FieldSpec& field : dataset.fields) {
    if (!field.path_field || !field.required) continue;
    return fail("The path " + path + " does not say " + field.name + "; the definition looks for " +
                dataset.path_pattern + " in it.");
  }
  return std::vector<std::string>();
}

// Where a file is gone on with after a restart. What was decoded cannot be found but by decoding again.
Result<std::unique_ptr<ByteReader>> text_from(FileSource& source, const FileEntry& entry,
                                              Encoding encoding) {
  if (encoding == Encoding::kUtf8) return source.open(entry.file, entry.next_byte);
  auto bytes = source.open(entry.file, 0);
  if (!bytes) return bytes;
  auto text = decoded(*std::move(bytes), encoding);
  const auto skipped = skip_bytes(*text, entry.next_byte);
  if (!skipped) return tl::unexpected(skipped.error());
  return text;
}

std::string as_sentence(std::string text) {
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

}  // namespace

Result<std::unique_ptr<FileReading>> FileReading::open(FileSource& source, ParsePool& pool,
                                                       std::shared_ptr<const Dataset> dataset,
                                                       const FileEntry& entry, ReadLimits limits) {
  const bool is_retry = entry.file.source == kRetrySource;
  const auto from_path = is_retry ? std::vector<std::string>() : values_of_path(*dataset, entry.file.path);
  if (!from_path) return tl::unexpected(from_path.error());
  auto text = open_text(source, entry.file, is_retry ? Encoding::kUtf8 : dataset->encoding);
  if (!text) return tl::unexpected(text.error());
  ByteBuffer buffer(std::move(text->bytes));
  std::shared_ptr<RowFormat> format = is_retry ? retry_lines(dataset) : row_format(dataset);
  auto opening = read_opening(buffer, *format);
  if (!opening) return tl::unexpected(opening.error());
  std::shared_ptr<const RowReader> shared;
  std::string context;
  if (!is_retry) {
    auto reader = RowReader::for_file(dataset, *format, opening->header, *from_path);
    if (!reader) return fail(as_sentence(reader.error().message));
    shared = std::make_shared<const RowReader>(std::move(*reader));
    context = to_json(context_of(*dataset, *format, opening->header, *from_path));
  }
  const bool at_start = entry.next_byte == 0;
  const std::uint64_t next_byte = at_start ? opening->consumed : entry.next_byte;
  const std::uint64_t next_line = at_start ? opening->next_line : entry.next_line;
  if (at_start) {
    buffer.take(opening->consumed);
  } else {
    buffer = ByteBuffer(nullptr);  // gives its decoders' memory back: two of one file may not fit
    auto rest = text_from(source, entry, text->encoding);
    if (!rest) return tl::unexpected(rest.error());
    buffer = ByteBuffer(*std::move(rest));
  }
  return std::make_unique<RowsReading>(pool, std::move(dataset), std::move(format),
                                       std::move(shared), std::move(context), std::move(buffer), next_byte, next_line,
                                       text->encoding, limits);
}

}  // namespace sluice::ingest
