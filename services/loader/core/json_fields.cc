#include "services/loader/core/json_fields.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace sluice::loader {
namespace {

namespace od = simdjson::ondemand;

std::string_view number_token(od::value value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  const bool number = !token.empty() && (token[0] == '-' || (token[0] >= '0' && token[0] <= '9')) &&
                      token.find_first_not_of("0123456789.+-eE") == std::string_view::npos;
  return number ? token : std::string_view();
}

// The value's text; empty optional if it is not of the type. Digits and dates are judged by
// Postgres.
std::optional<std::string_view> text_of(od::value value, ColumnType type) {
  std::string_view text;
  bool yes = false;
  switch (type) {
    case ColumnType::kInteger:
    case ColumnType::kDecimal:
      text = number_token(value);
      return text.empty() ? std::nullopt : std::optional(text);
    case ColumnType::kBoolean:
      if (value.get_bool().get(yes) != simdjson::SUCCESS) return std::nullopt;
      return yes ? "t" : "f";
    case ColumnType::kString:
      if (*value.raw_json_token().data() == '[') {  // a list, as the text of its array
        if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS) return std::nullopt;
        return text;
      }
      [[fallthrough]];
    case ColumnType::kDate:
    case ColumnType::kTimestamp:
      if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
      return text;
  }
  return std::nullopt;
}

Error wrong_type(const JsonField& field) {
  return {"the value of '" + field.name + "' has not the type of the column"};
}

}  // namespace

bool is_storable(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size()) &&
         text.find('\0') == std::string_view::npos;
}

struct JsonFields::Parser {
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

JsonFields::JsonFields(std::vector<JsonField> fields)
    : fields_(std::move(fields)), parser_(std::make_unique<Parser>()) {}
JsonFields::~JsonFields() = default;

Result<FieldTexts> JsonFields::object(std::string_view json) try {
  FieldTexts texts(fields_.size());
  parser_->seen.assign(fields_.size(), false);
  od::document document = parser_->iterate(json);
  std::size_t expected = 0;  // the members usually come in order
  for (od::field member : document.get_object()) {
    const std::string_view name = member.unescaped_key();
    std::size_t at = expected;
    if (at >= fields_.size() || fields_[at].name != name) {
      at = static_cast<std::size_t>(std::ranges::find(fields_, name, &JsonField::name) -
                                    fields_.begin());
    }
    if (at == fields_.size()) return fail("there is no column '" + std::string(name) + "'");
    if (parser_->seen[at]) return fail("column '" + fields_[at].name + "' occurs twice");
    parser_->seen[at] = true;
    expected = at + 1;
    od::value value = member.value();
    if (value.is_null()) continue;
    texts[at] = text_of(value, fields_[at].type);
    if (!texts[at]) return tl::unexpected<Error>(wrong_type(fields_[at]));
  }
  const char* rest = nullptr;  // nothing left is an error to simdjson
  if (document.current_location().get(rest) == simdjson::SUCCESS) {
    return fail("something follows the JSON object");
  }
  for (std::size_t at = 0; at < fields_.size(); ++at) {
    if (!parser_->seen[at] && !fields_[at].may_be_missing) {
      return fail("column '" + fields_[at].name + "' is missing");
    }
    if (!texts[at] && !fields_[at].may_be_null) {
      return fail("column '" + fields_[at].name + "' is null");
    }
  }
  return texts;
} catch (const simdjson::simdjson_error& error) {
  return fail(std::string("it is not a JSON object: ") + error.what());
}

Result<FieldTexts> JsonFields::array(std::string_view json) try {
  FieldTexts texts;
  od::document document = parser_->iterate(json);
  for (od::value value : document.get_array()) {
    if (texts.size() == fields_.size()) return fail("the key has too many values");
    texts.push_back(text_of(value, fields_[texts.size()].type));
    if (!texts.back()) return tl::unexpected<Error>(wrong_type(fields_[texts.size() - 1]));
  }
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) {
    return fail("something follows the JSON array");
  }
  if (texts.size() != fields_.size()) return fail("the key has too few values");
  return texts;
} catch (const simdjson::simdjson_error& error) {
  return fail(std::string("the key is not a JSON array: ") + error.what());
}

}  // namespace sluice::loader
