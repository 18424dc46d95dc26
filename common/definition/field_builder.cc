#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "common/definition/dataset_builder.h"
#include "common/model/currency.h"

namespace sluice::definition {
namespace {

const std::vector<std::pair<std::string, FieldType>>& field_types() {
  static const std::vector<std::pair<std::string, FieldType>> types = {
      {"string", FieldType::kString}, {"integer", FieldType::kInteger},     {"decimal", FieldType::kDecimal},
      {"money", FieldType::kMoney},   {"date", FieldType::kDate},           {"timestamp", FieldType::kTimestamp},
      {"boolean", FieldType::kBoolean}, {"list", FieldType::kList}};
  return types;
}

void build_type(const YamlCursor& at, FieldSpec& field) {
  if (!at.defined()) return at.error("required: string, integer, decimal, money, date, timestamp, boolean or list");
  const auto text = at.text();
  if (!text) return;
  std::vector<std::string> names;
  for (const auto& [name, type] : field_types()) {
    if (name == *text) {
      field.type = type;
      return;
    }
    names.push_back(name);
  }
  const auto meant = probably_meant(*text, names);
  at.error(fmt::format("unknown type \"{}\"; {}", *text,
                       meant ? fmt::format("did you mean \"{}\"?", *meant) : "known: " + listed(names)));
}

// Whether an option makes sense for the field's type; reports if it stands where it does not.
bool applies(const YamlCursor& at, const FieldSpec& field, std::initializer_list<FieldType> types,
             std::string_view hint = {}) {
  if (!at.defined()) return false;
  if (std::ranges::find(types, field.type) != types.end()) return true;
  at.error(hint.empty() ? "means nothing for a field of this type"
                        : fmt::format("means nothing for a field of this type; {}", hint));
  return false;
}

std::optional<Decimal> bound(const YamlCursor& at) {
  const auto text = at.text();
  if (!text) return std::nullopt;
  const auto value = parse_decimal(*text);
  if (!value) at.error(fmt::format("\"{}\" is not a number", *text));
  return value;
}

void check_format(const YamlCursor& at, const std::string& format, bool with_time) {
  std::map<char, int> seen;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    const char kind = i + 1 < format.size() ? format[++i] : '\0';
    if (std::string("YymdHMSz%").find(kind) == std::string::npos || kind == '\0') {
      return at.error(fmt::format("\"{}\": unknown conversion %{}; known: %Y %y %m %d %H %M %S %z %%", format,
                                  kind == '\0' ? ' ' : kind));
    }
    if (kind != '%' && ++seen[kind] > 1) return at.error(fmt::format("\"{}\" has %{} twice", format, kind));
    if (!with_time && std::string("HMSz").find(kind) != std::string::npos) {
      return at.error(fmt::format("\"{}\": a date has no %{}; use type: timestamp", format, kind));
    }
  }
  if (seen.contains('Y') && seen.contains('y')) return at.error(fmt::format("\"{}\" has the year twice", format));
  if (!seen.contains('Y') && !seen.contains('y')) {
    return at.error(fmt::format("\"{}\" lacks %Y, or %y for a year of two digits", format));
  }
  for (const char kind : {'m', 'd'}) {
    if (!seen.contains(kind)) return at.error(fmt::format("\"{}\" lacks %{}", format, kind));
  }
  if (with_time && !seen.contains('H')) at.error(fmt::format("\"{}\" lacks %H; use type: date", format));
}

void build_time(const YamlCursor& node, FieldSpec& field) {
  const bool with_time = field.type == FieldType::kTimestamp;
  if (const YamlCursor at = node["formats"]; applies(at, field, {FieldType::kDate, FieldType::kTimestamp})) {
    field.formats = at.texts();
    if (field.formats.empty()) at.error("names no format");
    for (const std::string& format : field.formats) check_format(at, format, with_time);
  }
  if (field.formats.empty() && field.type == FieldType::kDate) field.formats = {"%Y-%m-%d"};
  if (field.formats.empty() && with_time) field.formats = {"%Y-%m-%dT%H:%M:%S%z"};
  if (const YamlCursor at = node["time_zone"]; applies(at, field, {FieldType::kTimestamp})) {
    if (const auto name = at.text()) {
      if (auto zone = TimeZone::find(*name)) {
        field.zone = *zone;
      } else {
        at.error(zone.error().message);
      }
    }
  }
}

void build_money(const YamlCursor& node, FieldSpec& field) {
  if (const YamlCursor at = node["decimal"];
      applies(at, field, {FieldType::kMoney}, "of a number, decimal_separator says which sign it is")) {
    const std::string mark = at.text().value_or("");
    if (mark == "comma") {
      field.decimal_mark = DecimalMark::kComma;
    } else if (mark == "point") {
      field.decimal_mark = DecimalMark::kPoint;
    } else if (mark != "by_currency") {
      at.error("expected comma, point or by_currency: what \"1,234\" means");
    }
  }
  if (field.type == FieldType::kMoney) field.currency_column = field.name + "_currency";
  if (const YamlCursor at = node["currency"]; applies(at, field, {FieldType::kMoney})) {
    const auto name = at.text();
    if (name && minor_units(*name)) {
      at.error(fmt::format("\"{}\" is a currency; here stands the name of the column that holds it, such as "
                           "{}_currency. Which currency it is each text says itself, as in \"12.50 {}\"",
                           *name, field.name, *name));
    } else if (name && check_name(at, *name)) {
      field.currency_column = *name;
    }
  }
}

}  // namespace

FieldSpec build_field(const YamlCursor& node, const std::string& name) {
  FieldSpec field;
  field.name = field.source = name;
  if (!node.expect_map({"type", "from", "required", "min", "max", "formats", "time_zone", "one_of", "decimal",
                        "currency", "scale", "quoted", "decimal_separator"})) {
    return field;
  }
  build_type(node["type"], field);
  if (const YamlCursor at = node["from"]; at.defined()) field.source = at.text().value_or(name);
  if (const YamlCursor at = node["required"]; at.defined()) field.required = at.boolean().value_or(false);
  const auto numbers = {FieldType::kInteger, FieldType::kDecimal, FieldType::kMoney};
  if (const YamlCursor at = node["min"]; applies(at, field, numbers)) field.min = bound(at);
  if (const YamlCursor at = node["max"]; applies(at, field, numbers)) field.max = bound(at);
  if (field.min && field.max && compare(*field.max, *field.min) < 0) node["max"].error("is less than min");
  if (const YamlCursor at = node["one_of"]; applies(at, field, {FieldType::kString})) {
    field.one_of = at.texts();
    if (field.one_of.empty()) at.error("accepts no value at all");
  }
  if (const YamlCursor at = node["scale"]; applies(at, field, {FieldType::kDecimal})) {
    field.min_scale = static_cast<int>(at.integer(0, 12).value_or(0));
  }
  if (const YamlCursor at = node["quoted"];
      applies(at, field, {FieldType::kInteger, FieldType::kDecimal, FieldType::kBoolean})) {
    field.quoted = at.boolean().value_or(false);
  }
  if (const YamlCursor at = node["decimal_separator"];
      applies(at, field, {FieldType::kInteger, FieldType::kDecimal})) {
    const std::string sign = at.text().value_or("");
    if (sign == "," || sign == ".") {
      field.decimal_separator = sign[0];
    } else {
      at.error(fmt::format("\"{}\" is no decimal sign; expected \",\" (1.234,56) or \".\" (1,234.56)", sign));
    }
  }
  build_time(node, field);
  build_money(node, field);
  return field;
}

}  // namespace sluice::definition
