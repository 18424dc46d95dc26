#include "common/rows/row_reader.h"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "common/base/json_text.h"
#include "common/rows/field_parsers.h"

namespace sluice {
namespace {

constexpr std::size_t kMaxQuotedValue = 80;
// A summed field: with 15 digits before the point and 12 behind it, 10^11 rows fit in 38 digits.
constexpr int kMaxSummedWhole = 15;
constexpr int kMaxSummedFraction = 12;

std::string shown(std::string_view text) {
  std::string out = "\"";
  if (text.size() > kMaxQuotedValue) {
    std::size_t end = kMaxQuotedValue;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    return out + std::string(text.substr(0, end)) + "…\"";
  }
  return out + std::string(text) + "\"";
}

bool refuse_value(RowRejection& rejection, const FieldSpec& field, std::string_view text,
                  std::string_view rule, std::string_view why) {
  return reject(rejection, field.source, rule, fmt::format("{} {} {}", field.source, shown(text), why));
}

std::string listed_formats(const FieldSpec& field) {
  std::string out;
  for (const std::string& format : field.formats) out += (out.empty() ? "" : " or ") + format;
  return out;
}

std::string json_name(std::string_view name) {
  std::string out;
  append_json_string(out, name);
  return out + ':';
}

}  // namespace

std::string printable_row(std::string_view row) {
  if (simdjson::validate_utf8(row.data(), row.size()) && row.find('\0') == std::string_view::npos) {
    return std::string(row);
  }
  // Byte by byte: each maximal stretch of valid UTF-8 is kept.
  std::string out;
  for (std::size_t i = 0; i < row.size();) {
    std::size_t size = 0;
    for (std::size_t n = 1; n <= 4 && i + n <= row.size(); ++n) {
      const bool lead = row[i] != '\0' && (n > 1 || static_cast<unsigned char>(row[i]) < 0x80);
      if (lead && simdjson::validate_utf8(row.data() + i, n)) {
        size = n;
        break;
      }
    }
    if (size == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(row[i]));
      ++i;
    } else {
      out.append(row.substr(i, size));
      i += size;
    }
  }
  return out;
}

RowReader::RowReader(const RowReader& other)
    : dataset_(other.dataset_),
      columns_(other.columns_),
      key_texts_of_tables_(other.key_texts_of_tables_),
      reader_(other.reader_->clone()),
      path_texts_(other.path_texts_),
      path_bytes_(other.path_bytes_),
      key_parts_(other.key_parts_),
      key_texts_(other.key_texts_) {}

Result<RowReader> RowReader::for_header(std::shared_ptr<const Dataset> dataset, std::string_view header_row) {
  const auto format = row_format(dataset);
  return for_file(std::move(dataset), *format, header_row, {});
}

Result<RowReader> RowReader::for_file(std::shared_ptr<const Dataset> dataset, const RowFormat& format,
                                      std::string_view header_row,
                                      const std::vector<std::string>& path_values) {
  auto cells = format.cell_reader(header_row);
  if (!cells) return tl::unexpected(cells.error());
  RowReader reader(dataset);
  reader.reader_ = *std::move(cells);
  reader.key_parts_.resize(dataset->key.size());
  reader.key_texts_.resize(dataset->key.size());
  std::size_t cell = 0;
  std::size_t from_path =
      static_cast<std::size_t>(std::ranges::count_if(dataset->fields, [](const FieldSpec& field) { return !field.path_field; }));
  const auto key_place = [&](std::size_t column) {
    const auto found = std::ranges::find(dataset->key, column);
    return found == dataset->key.end() ? -1 : static_cast<int>(found - dataset->key.begin());
  };
  for (const FieldSpec& field : dataset->fields) {
    Column column;
    column.field = &field;
    column.at = field.path_field ? from_path++ : cell++;
    if (field.path_field) {
      const std::size_t place = *field.path_field;
      reader.path_texts_.push_back(place < path_values.size() ? path_values[place] : std::string());
      reader.path_bytes_ += reader.path_texts_.back().size();
    }
    column.key_of = key_place(field.first_column);
    if (field.type == FieldType::kMoney) column.key_of_currency = key_place(field.first_column + 1);
    column.is_event_time = dataset->event_time == field.first_column;
    column.json_name = json_name(field.name);
    if (field.type == FieldType::kMoney) column.json_currency_name = "," + json_name(field.currency_column);
    reader.columns_.push_back(std::move(column));
  }
  reader.key_texts_of_tables_.push_back(reader.texts_among(dataset->key));
  for (const ReportSpec& report : dataset->reports) {
    reader.key_texts_of_tables_.push_back(reader.texts_among(key_columns(report)));
  }
  return reader;
}

std::vector<std::size_t> RowReader::key_columns(const ReportSpec& report) {
  std::vector<std::size_t> out;
  if (report.top) return out;  // its key is the rank
  for (const ExpressionPtr& key : report.families.front().keys) {
    for_each_column(*key, [&](std::size_t column) { out.push_back(column); });
  }
  return out;
}

std::vector<std::size_t> RowReader::texts_among(const std::vector<std::size_t>& key) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const FieldSpec& field = *columns_[i].field;
    const bool in_key = std::ranges::find(key, field.first_column) != key.end();
    if (in_key && field.type == FieldType::kString) out.push_back(i);
  }
  return out;
}

bool RowReader::read_cells(std::string_view row, RowRejection& rejection) {
  if (!reader_->read(row, cells_, rejection)) return false;
  for (const std::string& text : path_texts_) cells_.push_back({text, CellKind::kUntyped});
  return true;
}

// The row holds bytes that may not be there; names the first column that does.
bool RowReader::check_encoding(std::string_view row, RowRejection& rejection) {
  const auto is_good = [](std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size()) && text.find('\0') == std::string_view::npos;
  };
  if (is_good(row)) return true;
  std::string_view column;
  if (RowRejection ignored; read_cells(row, ignored)) {
    for (const Column& c : columns_) {
      if (column.empty() && !is_good(cells_[c.at].text)) column = c.field->source;
    }
  }
  const bool nul = row.find('\0') != std::string_view::npos;
  return reject(rejection, column, "encoding",
                fmt::format("{} holds {}", column.empty() ? "the row" : column,
                            nul ? "a NUL byte" : "bytes that are not UTF-8"));
}

bool RowReader::read(std::string_view row, RowRecord& record, RowRejection& rejection) {
  if (row.size() > kMaxRowBytes) {
    return reject(rejection, "", "too_long",
                  fmt::format("the row has {} bytes; at most {} are read", row.size(), kMaxRowBytes));
  }
  if (!check_encoding(row, rejection) || !read_cells(row, rejection)) return false;
  record.value.clear();
  record.value += '{';
  record.event_time_ms.reset();
  for (const Column& column : columns_) {
    if (!append_cell(column, record, rejection)) return false;
  }
  record.value.back() = '}';  // the last comma
  if (row.size() + path_bytes_ > kMaxKeyBytes && !check_keys(rejection)) return false;
  record.key.clear();
  if (dataset_->key.size() == 1) {
    record.key = key_texts_[0];
    return true;
  }
  record.key += '[';
  for (const auto& [from, to] : key_parts_) {
    record.key.append(record.value, from, to - from);
    record.key += ',';
  }
  record.key.back() = ']';
  return true;
}

bool RowReader::check_keys(RowRejection& rejection) const {
  for (const std::vector<std::size_t>& texts : key_texts_of_tables_) {
    std::size_t bytes = 0;
    const Column* longest = nullptr;
    for (const std::size_t place : texts) {
      const Column& column = columns_[place];
      bytes += cells_[column.at].text.size();
      if (longest == nullptr || cells_[column.at].text.size() > cells_[longest->at].text.size()) longest = &column;
    }
    if (bytes <= kMaxKeyBytes) continue;
    const std::string& name = longest->field->source;
    return reject(rejection, name, "too_long",
                  fmt::format("{} has {} bytes; the texts of a table's key may have {} together", name,
                              cells_[longest->at].text.size(), kMaxKeyBytes));
  }
  return true;
}

bool RowReader::append_cell(const Column& column, RowRecord& record, RowRejection& rejection) {
  const FieldSpec& field = *column.field;
  std::string& json = record.value;
  std::string_view text = cells_[column.at].text;
  if (field.type != FieldType::kString) text = trimmed(text);
  json += column.json_name;
  if (!text.empty()) {
    if (!check_kind(column, cells_[column.at], rejection)) return false;
    if (!append_value(column, text, record, rejection)) return false;
  } else if (field.required) {
    return reject(rejection, field.source, "required", field.source + " is empty");
  } else {
    json += "null";
    if (field.type == FieldType::kMoney) json += column.json_currency_name + "null";
  }
  json += ',';
  return true;
}

// Where the format tells a text from a number, a number in quotes is none, unless the field says so.
bool RowReader::check_kind(const Column& column, const SourceCell& cell, RowRejection& rejection) const {
  const FieldSpec& field = *column.field;
  if (cell.kind == CellKind::kUntyped && field.type != FieldType::kList) return true;
  if (field.quoted) return true;
  switch (field.type) {
    case FieldType::kString:
      if (cell.kind != CellKind::kNested) return true;
      return refuse_value(rejection, field, cell.text, "type.string",
                          "is a list or an object, no text");
    case FieldType::kInteger:
    case FieldType::kDecimal:
      if (cell.kind == CellKind::kNumber) return true;
      return refuse_value(rejection, field, cell.text,
                          field.type == FieldType::kInteger ? "type.integer" : "type.decimal",
                          cell.kind == CellKind::kText
                              ? "is a text, in quotes, where a number must stand (a definition's "
                                "\"quoted: true\" takes it)"
                              : "is no number");
    case FieldType::kList:
      if (cell.kind == CellKind::kNested) return true;
      return refuse_value(rejection, field, cell.text, "type.list", "is no list");
    case FieldType::kBoolean:
      if (cell.kind == CellKind::kBoolean) return true;
      return refuse_value(rejection, field, cell.text, "type.boolean",
                          cell.kind == CellKind::kText
                              ? "is a text, in quotes, where true or false must stand (a "
                                "definition's \"quoted: true\" takes it)"
                              : "is neither true nor false");
    default: return true;
  }
}

// Remembers a key's part, whose JSON begins at `from` and is the last in `json`.
void RowReader::note_key(int place, std::string_view json, std::size_t from, std::string_view key_text) {
  if (place < 0) return;
  key_parts_[static_cast<std::size_t>(place)] = {from, json.size()};
  key_texts_[static_cast<std::size_t>(place)] = key_text;
}

bool RowReader::append_value(const Column& column, std::string_view text, RowRecord& record,
                             RowRejection& rejection) {
  const FieldSpec& field = *column.field;
  std::string& json = record.value;
  const std::size_t from = json.size();
  const auto refuse = [&](std::string_view rule, std::string_view why) {
    return refuse_value(rejection, field, text, rule, why);
  };
  // A number of JSON is written as all of them are, whatever its texts look like.
  const bool separated = field.decimal_separator != '\0' && cells_[column.at].kind != CellKind::kNumber;
  switch (field.type) {
    case FieldType::kString:
      if (!field.one_of.empty() && std::ranges::find(field.one_of, text) == field.one_of.end()) {
        return refuse("one_of", "is none of the accepted values");
      }
      append_json_string(json, text);
      note_key(column.key_of, json, from, text);
      return true;
    case FieldType::kInteger: {
      const auto value = separated ? parse_separated_integer(text, field.decimal_separator)
                                   : parse_integer(text);
      if (!value) return refuse("type.integer", "is not a whole number");
      if (!append_number(column, Decimal{*value, 0}, text, json, rejection)) return false;
      break;
    }
    case FieldType::kDecimal: {
      const auto value = separated ? parse_separated_decimal(text, field.decimal_separator) : parse_decimal(text);
      if (!value) {
        return refuse("type.decimal", separated ? fmt::format("is not a number of at most 38 digits with the "
                                                              "decimal sign \"{}\"", field.decimal_separator)
                                                : "is not a number of at most 38 digits");
      }
      const Decimal number = canonical(*value, field.min_scale);
      if (!append_number(column, number, text, json, rejection)) return false;
      break;
    }
    case FieldType::kBoolean: {
      const auto value = parse_boolean(text);
      if (!value) return refuse("type.boolean", "is neither true nor false");
      json += *value ? "true" : "false";
      break;
    }
    case FieldType::kList: json += text; return true;  // as the cell reader wrote it
    case FieldType::kMoney: return append_money(column, text, record, rejection);
    case FieldType::kDate:
    case FieldType::kTimestamp: {
      if (!append_time(column, text, record, rejection)) return false;
      note_key(column.key_of, json, from, std::string_view(json).substr(from + 1, json.size() - from - 2));
      return true;
    }
  }
  note_key(column.key_of, json, from, std::string_view(json).substr(from));
  return true;
}

bool RowReader::append_money(const Column& column, std::string_view text, RowRecord& record,
                             RowRejection& rejection) {
  const FieldSpec& field = *column.field;
  std::string& json = record.value;
  const auto money = parse_money(text, field.decimal_mark);
  if (!money) return refuse_value(rejection, field, text, "type.money", money.error().message);
  const std::size_t from = json.size();
  if (!append_number(column, money->amount, text, json, rejection)) return false;
  note_key(column.key_of, json, from, std::string_view(json).substr(from));
  json += column.json_currency_name;
  const std::size_t currency_from = json.size();
  append_json_string(json, money->currency);
  note_key(column.key_of_currency, json, currency_from, money->currency);
  return true;
}

bool RowReader::append_time(const Column& column, std::string_view text, RowRecord& record,
                            RowRejection& rejection) const {
  const FieldSpec& field = *column.field;
  std::string& json = record.value;
  if (field.type == FieldType::kDate) {
    std::optional<Date> date;
    for (const std::string& format : field.formats) {
      if ((date = parse_date(text, format))) break;
    }
    if (!date) {
      return refuse_value(rejection, field, text, "type.date",
                          "is not a date like " + listed_formats(field));
    }
    json.append(1, '"').append(to_string(*date)).append(1, '"');
    if (column.is_event_time) record.event_time_ms = std::int64_t{date->days} * 86'400'000;
    return true;
  }
  std::optional<Instant> instant;
  for (const std::string& format : field.formats) {
    if ((instant = parse_instant(text, format, field.zone))) break;
  }
  if (!instant) {
    return refuse_value(rejection, field, text, "type.timestamp",
                        "is not a time like " + listed_formats(field));
  }
  json.append(1, '"').append(to_string(*instant)).append(1, '"');
  if (column.is_event_time) {
    const std::int64_t micros = instant->micros;
    record.event_time_ms = micros >= 0 ? micros / 1000 : (micros - 999) / 1000;
  }
  return true;
}

bool RowReader::append_number(const Column& column, const Decimal& value, std::string_view text, std::string& json,
                              RowRejection& rejection) const {
  const FieldSpec& field = *column.field;
  const auto refuse = [&](const std::string& why) {
    return refuse_value(rejection, field, text, "range", why);
  };
  if (field.min && compare(value, *field.min) < 0) return refuse("is less than " + to_string(*field.min));
  if (field.max && compare(value, *field.max) > 0) return refuse("is more than " + to_string(*field.max));
  if (field.summed) {
    const DecimalWidth digits = width(value);
    if (digits.integer_digits > kMaxSummedWhole || digits.fraction_digits > kMaxSummedFraction) {
      return refuse("has too many digits to be summed: at most 15 before the point and 12 behind it");
    }
  }
  append_to(json, value);
  return true;
}

}  // namespace sluice
