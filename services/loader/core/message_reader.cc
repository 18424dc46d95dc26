#include "services/loader/core/message_reader.h"

#include <charconv>
#include <limits>

#include "common/base/calendar.h"
#include "common/base/sql_text.h"
#include "common/model/dead_letter.h"
#include "common/model/file_events.h"
#include "common/model/origin.h"
#include "services/loader/core/json_fields.h"

namespace sluice::loader {
namespace {

constexpr std::int64_t kOldest = std::numeric_limits<std::int64_t>::min();

// Builds a row of COPY's text format.
class CopyRow {
 public:
  CopyRow& value(std::string_view text) {
    separate();
    append_copy_text(out_, text);
    return *this;
  }
  CopyRow& null() {
    separate();
    out_.append("\\N");
    return *this;
  }
  CopyRow& value_or_null(std::string_view text) { return text.empty() ? null() : value(text); }
  template <typename T>
  CopyRow& number(T number) {
    return value(std::to_string(number));
  }
  CopyRow& instant(std::int64_t unix_ms) {
    return unix_ms == 0 ? null() : value(to_string(Instant{unix_ms * 1000}));
  }
  CopyRow& values(const FieldTexts& texts) {
    for (const auto& text : texts) text ? value(*text) : null();
    return *this;
  }
  std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (!first_) out_.push_back('\t');
    first_ = false;
  }
  std::string out_;
  bool first_ = true;
};

Result<std::int64_t> whole_number(std::string_view digits, std::string_view what) {
  std::int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end) return fail(std::string(what) + " is no whole number");
  return number;
}

// One row that Postgres refuses would stop all that follow it.
constexpr const char* kNotStorable = "it holds text that Postgres cannot hold: a NUL, or bytes that are not UTF-8";

Result<TableRow> table_row(CopyRow row, RowVersion version) {
  std::string copy = row.take();
  if (!is_storable(copy)) return fail(kNotStorable);
  return TableRow{std::move(copy), version};
}

Result<std::string> key_row(CopyRow row) {
  std::string copy = row.take();
  if (!is_storable(copy)) return fail(kNotStorable);
  return copy;
}

class ReportRowReader final : public MessageReader {
 public:
  explicit ReportRowReader(const ReportSpec& report)
      : row_(row_fields(report)), key_(key_fields(report)) {}

  Result<TableRow> row(const LogRecord& message) override {
    // Deleted rows are looked up by the key's text, for a whole batch in one statement.
    if (!is_storable(message.key)) return fail("its key is not text that Postgres can hold");
    const auto texts = row_.object(message.value);
    if (!texts) return tl::unexpected<Error>(texts.error());
    const auto revision = whole_number(*texts->back(), "_revision");
    if (!revision) return tl::unexpected<Error>(revision.error());
    return table_row(CopyRow().values(*texts), {*revision});
  }

  Result<std::string> key(std::string_view message_key) override {
    const auto texts = key_.array(message_key);
    if (!texts) return tl::unexpected<Error>(texts.error());
    return key_row(CopyRow().values(*texts));
  }

 private:
  static std::vector<JsonField> row_fields(const ReportSpec& report) {
    std::vector<JsonField> out;
    for (const ReportColumn& column : report.columns) {
      out.push_back({column.name, column.type, !column.in_key, false});
    }
    out.push_back({"_revision", ColumnType::kInteger, false, false});
    return out;
  }
  static std::vector<JsonField> key_fields(const ReportSpec& report) {
    std::vector<JsonField> out;
    for (const ReportColumn& column : report.columns) {
      if (column.in_key) out.push_back({column.name, column.type, false, false});
    }
    return out;
  }

  JsonFields row_;
  JsonFields key_;
};

class RecordRowReader final : public MessageReader {
 public:
  explicit RecordRowReader(const Dataset& dataset)
      : dataset_(dataset), row_(row_fields(dataset)), key_(key_fields(dataset)) {}

  Result<TableRow> row(const LogRecord& message) override {
    const auto texts = row_.object(message.value);
    if (!texts) return tl::unexpected<Error>(texts.error());
    const auto origin = parse_origin(message.origin);
    if (!origin) return fail("its origin header is missing or malformed");
    const auto version = version_of(*texts);
    if (!version) return tl::unexpected<Error>(version.error());
    CopyRow row;
    row.values(*texts).number(origin->place).number(origin->entry).number(origin->line);
    return table_row(std::move(row), {*version, static_cast<std::int64_t>(origin->place), origin->entry,
                                      static_cast<std::int64_t>(origin->line)});
  }

  Result<std::string> key(std::string_view message_key) override {
    if (dataset_.key.size() == 1) return key_row(CopyRow().value(message_key));
    const auto texts = key_.array(message_key);
    if (!texts) return tl::unexpected<Error>(texts.error());
    // The message names the columns in the key's order, the table has them in its own.
    FieldTexts ordered;
    for (std::size_t column = 0; column < dataset_.columns.size(); ++column) {
      for (std::size_t i = 0; i < dataset_.key.size(); ++i) {
        if (dataset_.key[i] == column) ordered.push_back((*texts)[i]);
      }
    }
    return key_row(CopyRow().values(ordered));
  }

 private:
  // Without a version column all are alike and the origin decides.
  Result<std::int64_t> version_of(const FieldTexts& texts) const {
    if (!dataset_.version) return 0;
    const auto& text = texts[*dataset_.version];
    if (!text) return kOldest;
    switch (dataset_.columns[*dataset_.version].type) {
      case ColumnType::kDate:
        if (const auto date = parse_iso_date(*text)) return date->days;
        return fail("its version is no date");
      case ColumnType::kTimestamp:
        if (const auto instant = parse_iso_instant(*text)) return instant->micros;
        return fail("its version is no timestamp");
      default:
        return whole_number(*text, "its version");
    }
  }
  static std::vector<JsonField> row_fields(const Dataset& dataset) {
    std::vector<JsonField> out;
    for (const ColumnSpec& column : dataset.columns) {
      out.push_back({column.name, column.type, column.nullable, column.nullable});
    }
    return out;
  }
  static std::vector<JsonField> key_fields(const Dataset& dataset) {
    std::vector<JsonField> out;
    for (const std::size_t index : dataset.key) {
      out.push_back({dataset.columns[index].name, dataset.columns[index].type, false, false});
    }
    return out;
  }

  const Dataset& dataset_;
  JsonFields row_;
  JsonFields key_;
};

class FileRowReader final : public MessageReader {
 public:
  Result<TableRow> row(const LogRecord& message) override {
    const auto read = file_entry_from_json(message.value);
    if (!read) return tl::unexpected<Error>(read.error());
    const FileEntry& e = *read;
    const auto place =
        whole_number(e.file.id.substr(0, e.file.id.find_first_of(".-")), "the place in its id");
    if (!place) return tl::unexpected<Error>(place.error());
    CopyRow row;
    row.value(e.file.id).number(*place).value(e.file.name).value(e.file.path);
    row.value(e.file.dataset).value(e.file.source).value(e.file.sha256).number(e.file.bytes);
    row.value(to_string(e.state)).number(e.rows).number(e.published).number(e.records);
    row.number(e.dead_letters()).number(e.duplicates).number(e.corrections).number(e.late);
    row.value_or_null(e.duplicate_of).value_or_null(e.error);
    row.instant(e.started_ms).instant(e.finished_ms).instant(e.event_max_ms).number(message.offset);
    return table_row(std::move(row), {message.offset});
  }
  Result<std::string> key(std::string_view message_key) override {
    return key_row(CopyRow().value(message_key));
  }
};

class DeadLetterRowReader final : public MessageReader {
 public:
  Result<TableRow> row(const LogRecord& message) override {
    const auto read = dead_letter_from_json(message.value);
    if (!read) return tl::unexpected<Error>(read.error());
    const DeadLetter& d = *read;
    CopyRow row;
    row.value(d.id).value(d.dataset).value_or_null(d.file).value_or_null(d.file_name);
    row.number(d.entry).number(d.line).value_or_null(d.column).value(d.rule).value(d.reason);
    row.value(d.row).value(d.stage).instant(message.timestamp_ms);
    row.value_or_null(d.context).value_or_null(d.retry).number(1).value("open").null().null().null();
    row.number(message.offset);
    return table_row(std::move(row), {message.offset});
  }
  Result<std::string> key(std::string_view message_key) override {
    return key_row(CopyRow().value(message_key));
  }
};

}  // namespace

std::unique_ptr<MessageReader> message_reader(const Target& target) {
  switch (target.kind) {
    case TargetKind::kRows:
      return std::make_unique<ReportRowReader>(*target.report);
    case TargetKind::kRecords:
      return std::make_unique<RecordRowReader>(*target.definition);
    case TargetKind::kFiles:
      return std::make_unique<FileRowReader>();
    case TargetKind::kDeadLetters:
      break;
  }
  return std::make_unique<DeadLetterRowReader>();
}

}  // namespace sluice::loader
