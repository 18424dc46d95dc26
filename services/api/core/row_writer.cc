#include "services/api/core/row_writer.h"

#include "common/base/json_text.h"

namespace sluice::api {
namespace {

bool is_text(ColumnType type) {
  return type == ColumnType::kString || type == ColumnType::kDate || type == ColumnType::kTimestamp;
}

// Postgres has numbers that JSON has not (NaN, Infinity).
bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

void append_csv(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

}  // namespace

std::string_view content_type(Format format) {
  switch (format) {
    case Format::kJson:
      return "application/json";
    case Format::kCsv:
      return "text/csv; charset=utf-8; header=present";
    case Format::kNdjson:
      return "application/x-ndjson";
  }
  return "application/json";
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

RowWriter::RowWriter(Format format, const std::vector<TableColumn>& columns)
    : format_(format), columns_(columns) {
  for (const TableColumn& column : columns) json_names_.push_back(json_string(column.name) + ":");
  if (format != Format::kCsv) return;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out_.push_back(',');
    append_csv(out_, columns[i].name);
  }
  out_.push_back('\n');
}

void RowWriter::row(const Row& values) {
  if (format_ == Format::kCsv) return csv_row(values);
  if (format_ == Format::kJson && !first_) out_.push_back(',');
  first_ = false;
  json_row(values);
  if (format_ == Format::kNdjson) out_.push_back('\n');
}

void RowWriter::json_row(const Row& values) {
  out_.push_back('{');
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out_.push_back(',');
    out_ += json_names_[i];
    const ColumnType type = columns_[i].type;
    const bool number = type == ColumnType::kInteger || type == ColumnType::kDecimal;
    if (!values[i] || (number && !is_json_number(*values[i]))) {
      out_ += "null";
    } else if (is_text(type)) {
      append_json_string(out_, *values[i]);
    } else {
      out_ += *values[i];
    }
  }
  out_.push_back('}');
}

void RowWriter::csv_row(const Row& values) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out_.push_back(',');
    if (values[i]) append_csv(out_, *values[i]);
  }
  out_.push_back('\n');
}

}  // namespace sluice::api
