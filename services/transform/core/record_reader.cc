#include "services/transform/core/record_reader.h"

#include <algorithm>
#include <cstring>

#include <simdjson.h>

namespace sluice::transform {
namespace {

namespace od = simdjson::ondemand;

constexpr std::string_view kTypeNames[] = {"string",  "integer", "decimal",
                                           "boolean", "date",    "timestamp"};

std::string_view name_of(ColumnType type) { return kTypeNames[static_cast<int>(type)]; }

RecordReader::Problem whole(std::string reason) { return {"", "json", std::move(reason)}; }

std::string_view trimmed(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return token;
}

template <typename T>
Cell cell_of(const std::optional<T>& value) {
  return value ? Cell{*value} : Cell{};
}

// The value as a cell of the type; null if it is not one.
Cell typed(od::value value, ColumnType type) {
  std::string_view text;
  switch (type) {
    case ColumnType::kString:
      // A list is the text of its array.
      if (*value.raw_json_token().data() == '[') {
        return simdjson::to_json_string(value).get(text) == simdjson::SUCCESS ? Cell{text} : Cell{};
      }
      return value.get_string().get(text) == simdjson::SUCCESS ? Cell{text} : Cell{};
    case ColumnType::kInteger: {
      std::int64_t number = 0;
      return value.get_int64().get(number) == simdjson::SUCCESS ? Cell{number} : Cell{};
    }
    case ColumnType::kDecimal: {
      const char first = *value.raw_json_token().data();
      if (first != '-' && (first < '0' || first > '9')) return {};
      return cell_of(parse_decimal(trimmed(value.raw_json_token())));
    }
    case ColumnType::kBoolean: {
      bool yes = false;
      return value.get_bool().get(yes) == simdjson::SUCCESS ? Cell{yes} : Cell{};
    }
    case ColumnType::kDate:
      if (value.get_string().get(text) != simdjson::SUCCESS) return {};
      return cell_of(parse_iso_date(text));
    case ColumnType::kTimestamp:
      if (value.get_string().get(text) != simdjson::SUCCESS) return {};
      return cell_of(parse_iso_instant(text));
  }
  return {};
}

}  // namespace

struct RecordReader::Parser {
  od::parser parser;
  std::vector<char> padded;  // simdjson reads a little past the end
  std::vector<bool> seen;

  od::document iterate(std::string_view json) {
    if (padded.size() < json.size() + simdjson::SIMDJSON_PADDING) {
      padded.resize(2 * json.size() + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(padded.data(), json.data(), json.size());
    std::memset(padded.data() + json.size(), ' ', simdjson::SIMDJSON_PADDING);
    return parser.iterate(padded.data(), json.size(), padded.size());
  }
};

RecordReader::RecordReader(const Dataset& dataset)
    : dataset_(dataset), parser_(std::make_unique<Parser>()) {}
RecordReader::~RecordReader() = default;

std::optional<RecordReader::Problem> RecordReader::read(std::string_view json,
                                                        std::vector<Cell>& cells) try {
  const auto& columns = dataset_.columns;
  cells.assign(columns.size(), Cell{});
  parser_->seen.assign(columns.size(), false);
  od::document document = parser_->iterate(json);
  std::size_t expected = 0;  // ingest writes the columns in order
  for (od::field field : document.get_object()) {
    const std::string_view name = field.unescaped_key();
    std::size_t column = expected;
    if (column >= columns.size() || columns[column].name != name) {
      column = static_cast<std::size_t>(
          std::ranges::find(columns, name, &ColumnSpec::name) - columns.begin());
    }
    if (column == columns.size()) {
      return Problem{std::string(name), "columns", "the dataset has no column of this name"};
    }
    if (parser_->seen[column]) {
      return Problem{columns[column].name, "columns", "the column occurs twice"};
    }
    parser_->seen[column] = true;
    expected = column + 1;
    od::value value = field.value();
    if (value.is_null()) continue;
    cells[column] = typed(value, columns[column].type);
    if (is_null(cells[column])) {
      const std::string type(name_of(columns[column].type));
      return Problem{columns[column].name, "type." + type, "the value is not of type " + type};
    }
  }
  const char* rest = nullptr;  // nothing left is an error to simdjson
  if (document.current_location().get(rest) == simdjson::SUCCESS) {
    return whole("something follows the JSON object");
  }
  for (std::size_t column = 0; column < columns.size(); ++column) {
    if (!columns[column].nullable && is_null(cells[column])) {
      return Problem{columns[column].name, "required", "the column is required and has no value"};
    }
  }
  return std::nullopt;
} catch (const simdjson::simdjson_error& error) {
  return whole(std::string("the value is not a JSON object: ") + error.what());
}

}  // namespace sluice::transform
