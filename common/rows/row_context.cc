#include "common/rows/row_context.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/json_text.h"

namespace sluice {
namespace {

constexpr std::array<std::pair<FileFormat, std::string_view>, 4> kFormats = {{
    {FileFormat::kCsv, "csv"},
    {FileFormat::kNdjson, "ndjson"},
    {FileFormat::kJson, "json"},
    {FileFormat::kXml, "xml"},
}};

std::optional<char> one_character(const nlohmann::json& value) {
  const auto& text = value.get_ref<const std::string&>();
  return text.size() == 1 ? std::optional(text.front()) : std::nullopt;
}

}  // namespace

RowContext context_of(const Dataset& dataset, const RowFormat& format, std::string_view header,
                      const std::vector<std::string>& path_values) {
  RowContext out;
  out.format = dataset.format;
  if (dataset.format == FileFormat::kCsv) {
    const CsvFormat dialect = format.dialect();
    out.delimiter = dialect.delimiter;
    out.quote = dialect.quote;
    if (dialect.header) out.header = std::string(header);
  }
  for (std::size_t i = 0; i < path_values.size() && i < dataset.path_fields.size(); ++i) {
    out.path[dataset.path_fields[i]] = path_values[i];
  }
  return out;
}

std::string to_json(const RowContext& context) {
  const auto keeps = [](const std::string& text) { return text.size() <= kMaxKeptHeader && is_valid_utf8(text); };
  nlohmann::json out;
  for (const auto& [format, name] : kFormats) {
    if (format == context.format) out["format"] = name;
  }
  if (context.format == FileFormat::kCsv) {
    if (context.header && !keeps(*context.header)) return {};
    out["header"] = context.header ? nlohmann::json(*context.header) : nlohmann::json();
    out["delimiter"] = std::string(1, context.delimiter);
    out["quote"] = std::string(1, context.quote);
  }
  out["path"] = nlohmann::json::object();
  for (const auto& [name, value] : context.path) {
    if (!keeps(value)) return {};
    out["path"][name] = value;
  }
  return out.dump();
}

Result<RowContext> row_context_from_json(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return fail("a row's context is no JSON object");
  RowContext out;
  try {
    const std::string format = parsed.at("format");
    bool known = false;
    for (const auto& [value, name] : kFormats) {
      if (name == format) out.format = value;
      known = known || name == format;
    }
    if (!known) return fail("a row's context has the unknown format " + format);
    if (out.format == FileFormat::kCsv) {
      if (parsed.at("header").is_string()) out.header = parsed.at("header");
      const auto delimiter = one_character(parsed.at("delimiter")), quote = one_character(parsed.at("quote"));
      if (!delimiter || !quote) return fail("a row's context has a delimiter or quote that is no single character");
      out.delimiter = *delimiter;
      out.quote = *quote;
    }
    for (const auto& [name, value] : parsed.at("path").items()) out.path[name] = value;
  } catch (const nlohmann::json::exception& error) {
    return fail(std::string("a row's context cannot be read: ") + error.what());
  }
  return out;
}

Result<RowReader> ContextReader::reader_of(std::string_view text) const {
  const auto context = row_context_from_json(text);
  if (!context) return tl::unexpected(context.error());
  // The fields are those of the definition as it is now, the bytes are written as the file was.
  auto as_written = std::make_shared<Dataset>(*dataset_);
  as_written->format = context->format;
  as_written->csv.delimiter = context->delimiter;
  as_written->csv.quote = context->quote;
  as_written->csv.header = context->header.has_value();
  std::vector<std::string> path_values;
  for (const std::string& name : dataset_->path_fields) {
    const auto value = context->path.find(name);
    path_values.push_back(value == context->path.end() ? std::string() : value->second);
  }
  const auto format = row_format(as_written);
  return RowReader::for_file(as_written, *format, context->header.value_or(""), path_values);
}

bool ContextReader::read(std::string_view context, std::string_view row, RowRecord& record, RowRejection& rejection) {
  if (!reader_ || context != context_) {
    context_ = context;
    reader_.emplace(reader_of(context));
  }
  if (!*reader_) return reject(rejection, "", "context", reader_->error().message);
  return (*reader_)->read(row, record, rejection);
}

}  // namespace sluice
