#include "common/doctor/diagnosis_json.h"

#include <fmt/format.h>

#include "common/base/json_text.h"
#include "common/rows/text_encoding.h"

namespace sluice::doctor {
namespace {

// An object that is written member by member.
class Writer {
 public:
  Writer& text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(out_, valid_utf8(value));
    return *this;
  }
  // Null if there is none.
  Writer& optional_text(std::string_view name, std::string_view value) {
    return value.empty() ? raw(name, "null") : text(name, value);
  }
  Writer& number(std::string_view name, std::uint64_t value) {
    return raw(name, std::to_string(value));
  }
  Writer& boolean(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Writer& raw(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
    return *this;
  }
  std::string done() const { return out_ + "}"; }

 private:
  void begin(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }
  std::string out_ = "{";
};

template <typename T, typename ToText>
std::string list_of(const std::vector<T>& items, ToText to_text) {
  std::string out = "[";
  for (const T& item : items) out += (out.size() > 1 ? "," : "") + to_text(item);
  return out + "]";
}

std::string column_json(const ColumnStatistics& column) {
  return Writer()
      .text("name", column.name())
      .text("type", column.type())
      .number("values", column.values())
      .number("nulls", column.nulls())
      .number("distinct", column.distinct())
      .boolean("all_distinct_counted", column.all_distinct_counted())
      .optional_text("least", column.least())
      .optional_text("greatest", column.greatest())
      .number("longest_bytes", column.longest_bytes())
      .done();
}

std::string letter_json(const DeadRow& letter) {
  return Writer()
      .number("line", letter.line)
      .optional_text("column", letter.why.column)
      .text("rule", letter.why.rule)
      .text("reason", letter.why.reason)
      .text("row", letter.row)
      .done();
}

std::string sentence_json(const std::string& sentence) {
  std::string out;
  append_json_string(out, valid_utf8(sentence));
  return out;
}

std::string dialect_json(const Diagnosis& d) {
  Writer out;
  out.text("format", name_of(d.format));
  if (d.format == FileFormat::kCsv) {
    out.text("delimiter", {&d.csv.delimiter, 1}).text("quote", {&d.csv.quote, 1});
    out.boolean("header", d.csv.header).number("skip_lines", d.csv.skip_lines);
  }
  if (d.format == FileFormat::kXml) out.text("row", d.row_element);
  return out.done();
}

}  // namespace

std::string_view name_of(LineEnds ends) {
  switch (ends) {
    case LineEnds::kLf: return "LF";
    case LineEnds::kCrlf: return "CRLF";
    case LineEnds::kCr: return "CR";
    case LineEnds::kNone: break;
  }
  return "";
}

std::string_view name_of(FileFormat format) {
  switch (format) {
    case FileFormat::kCsv: return "csv";
    case FileFormat::kNdjson: return "ndjson";
    case FileFormat::kJson: return "json";
    case FileFormat::kXml: return "xml";
  }
  return "";
}

std::string to_json(const Diagnosis& d) {
  Writer rules;
  for (const auto& [rule, count] : d.dead_letters_by_rule) rules.number(rule, count);
  return Writer()
      .text("name", d.file)
      .optional_text("dataset", d.dataset)
      .optional_text("definition", d.definition)
      .text("state", d.error.empty() ? "done" : "failed")
      .optional_text("error", d.error)
      .number("bytes", d.bytes)
      .text("encoding", name_of(d.encoding))
      .boolean("byte_order_mark", d.byte_order_mark)
      .optional_text("line_ends", name_of(d.line_ends))
      .raw("dialect", dialect_json(d))
      .number("rows", d.rows)
      .number("records", d.records)
      .number("dead_letters", d.dead_letters)
      .number("duplicates", d.duplicates)
      .number("corrections", d.corrections)
      .boolean("all_keys_followed", d.all_keys_followed)
      .raw("dead_letters_by_rule", rules.done())
      .raw("first_dead_letters", list_of(d.first_dead_letters, letter_json))
      .raw("fields", list_of(d.columns, column_json))
      .raw("warnings", list_of(d.warnings, sentence_json))
      .optional_text("proposal", d.proposal)
      .done();
}

}  // namespace sluice::doctor
