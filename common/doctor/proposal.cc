#include "common/doctor/proposal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "common/doctor/field_guess.h"
#include "common/doctor/key_guess.h"
#include "common/doctor/sample.h"

namespace sluice::doctor {
namespace {

constexpr std::size_t kMostOfName = 40;

struct ProposedField {
  std::string name;
  std::size_t column;  // of the sample
  FieldGuess guess;
  bool required;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Small letters, digits and '_', a letter first, and none of `taken`.
std::string name_like(std::string_view text, std::set<std::string>& taken) {
  std::string name;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte) != 0) {
      name += static_cast<char>(std::tolower(byte));
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty() || name[0] < 'a') name = "x" + (name.empty() ? "" : "_" + name);
  name.resize(std::min(name.size(), kMostOfName));
  // Words that YAML reads as something else.
  if (name == "null" || name == "true" || name == "false") name += '_';
  std::string out = name;
  for (int i = 2; !taken.insert(out).second; ++i) out = fmt::format("{}_{}", name, i);
  return out;
}

// "sales-2024-01.csv.gz" -> "sales-" and ".csv"
std::pair<std::string, std::string> stem_and_ending(std::string name) {
  for (const char* packed : {".gz", ".zst", ".xz", ".bz2"}) {
    if (name.ends_with(packed)) name.resize(name.size() - std::string_view(packed).size());
  }
  const std::size_t dot = std::min(name.rfind('.'), name.size());
  std::string ending = name.substr(dot);
  std::string stem = name.substr(0, dot);
  stem.resize(std::min(stem.find_first_of("0123456789"), stem.size()));
  return {stem, ending};
}

// What the names of files like it have in common.
std::string pattern_for(const std::string& file_name) {
  const auto [stem, ending] = stem_and_ending(file_name);
  std::string pattern = stem.empty() ? file_name : stem + "*" + ending;
  std::ranges::replace_if(pattern, [](char c) { return c == '[' || c == ']' || c == '\\'; }, '?');
  return pattern;
}

std::string format_text(const Sample& sample) {
  switch (sample.format) {
    case FileFormat::kNdjson: return "ndjson";
    case FileFormat::kJson: return "json";
    case FileFormat::kXml: return fmt::format("{{ xml: {{ row: {} }} }}", quoted(sample.row_element));
    case FileFormat::kCsv: break;
  }
  std::vector<std::string> options;
  const CsvFormat& csv = sample.csv;
  if (csv.delimiter == '\t') {
    options.emplace_back("delimiter: tab");
  } else if (csv.delimiter != ',') {
    options.push_back("delimiter: " + quoted({&csv.delimiter, 1}));
  }
  if (csv.quote != '"') options.push_back("quote: " + quoted({&csv.quote, 1}));
  if (csv.skip_lines != 0) options.push_back(fmt::format("skip_lines: {}", csv.skip_lines));
  if (!csv.header) options.emplace_back("header: false");
  if (csv.header && sample.leaves_columns_out) options.emplace_back("other_columns: ignore");
  return options.empty() ? "csv" : fmt::format("{{ csv: {{ {} }} }}", fmt::join(options, ", "));
}

std::string_view type_text(FieldType type) {
  switch (type) {
    case FieldType::kInteger: return "integer";
    case FieldType::kDecimal: return "decimal";
    case FieldType::kMoney: return "money";
    case FieldType::kDate: return "date";
    case FieldType::kTimestamp: return "timestamp";
    case FieldType::kBoolean: return "boolean";
    case FieldType::kList: return "list";
    default: return "string";
  }
}

std::string field_text(const ProposedField& field, const std::string& source) {
  std::string out = fmt::format("{{ type: {}", type_text(field.guess.type));
  if (field.required) out += ", required: true";
  if (!field.guess.formats.empty()) {
    std::vector<std::string> formats;
    for (const std::string& format : field.guess.formats) formats.push_back(quoted(format));
    out += fmt::format(", formats: [{}]", fmt::join(formats, ", "));
  }
  if (field.guess.decimal_separator != '\0') {
    out += fmt::format(", decimal_separator: {}", quoted({&field.guess.decimal_separator, 1}));
  }
  if (source != field.name) out += ", from: " + quoted(source);
  out += " }";
  if (field.guess.other_separator) out += "  # or the other sign: no value tells";
  if (field.guess.day_or_month) out += "  # or the month first: no value tells";
  return out;
}

std::vector<ProposedField> fields_of(const Sample& sample) {
  std::vector<ProposedField> out;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < sample.columns.size(); ++i) {
    const SampleColumn& column = sample.columns[i];
    auto guess = guess_field(column);
    if (!guess) continue;
    ProposedField field{name_like(column.source, taken), i, *std::move(guess), false};
    if (field.guess.type == FieldType::kMoney) taken.insert(field.name + "_currency");
    // A list may be empty and is there all the same; of what is not, nothing is asked.
    field.required = column.values.size() == sample.rows && field.guess.type != FieldType::kList;
    out.push_back(std::move(field));
  }
  return out;
}

// Makes the key's fields required.
std::vector<std::string> key_of(const Sample& sample, std::vector<ProposedField>& fields) {
  std::vector<std::size_t> candidates;
  for (const ProposedField& field : fields) {
    const FieldType type = field.guess.type;
    if (field.required && type != FieldType::kBoolean && type != FieldType::kMoney) {
      candidates.push_back(field.column);
    }
  }
  if (candidates.empty()) {
    const auto plain = std::ranges::find_if(
        fields, [](const auto& field) { return field.guess.type != FieldType::kList; });
    if (plain == fields.end()) return {};
    plain->required = true;
    return {plain->name};
  }
  std::vector<std::string> out;
  for (const std::size_t column : guess_key(sample, candidates)) {
    out.push_back(std::ranges::find(fields, column, &ProposedField::column)->name);
  }
  return out;
}

}  // namespace

Result<std::string> propose(const std::string& file_name, std::string_view text, bool at_end,
                            const std::set<std::string>& taken) {
  const auto sample = take_sample(text, at_end);
  if (!sample) return tl::unexpected(sample.error());
  std::vector<ProposedField> fields = fields_of(*sample);
  const std::vector<std::string> key = key_of(*sample, fields);
  if (key.empty()) return fail("No definition takes the file, and none of its columns can be a key.");
  std::set<std::string> names = taken;
  std::string out = fmt::format(
      "# Proposed after a look at {} rows of {}: check the types, what is required, and the key.\n\n",
      sample->rows, quoted(file_name));
  out += fmt::format("dataset: {}\n", name_like(stem_and_ending(file_name).first, names));
  out += fmt::format("source: {{ files: {} }}\n", quoted(pattern_for(file_name)));
  out += fmt::format("format: {}\n", format_text(*sample));
  out += key.size() == 1 ? fmt::format("key: {}\n", key[0])
                         : fmt::format("key: [{}]\n", fmt::join(key, ", "));
  const auto time = std::ranges::find_if(fields, [](const auto& field) {
    return field.required &&
           (field.guess.type == FieldType::kDate || field.guess.type == FieldType::kTimestamp);
  });
  if (time != fields.end()) out += fmt::format("event_time: {}\n", time->name);
  out += "\nfields:\n";
  std::size_t width = 0;
  for (const ProposedField& field : fields) width = std::max(width, field.name.size());
  for (const ProposedField& field : fields) {
    // Without a header a column has no name but its field's.
    const std::string& source = sample->csv.header ? sample->columns[field.column].source : field.name;
    out += fmt::format("  {:<{}} {}\n", field.name + ":", width + 1, field_text(field, source));
  }
  for (std::size_t i = 0; i < sample->columns.size(); ++i) {
    if (std::ranges::find(fields, i, &ProposedField::column) == fields.end()) {
      out += fmt::format("  # {} is a list of objects, or not always a list: left out\n",
                         quoted(sample->columns[i].source));
    }
  }
  return out + "\nrecords: { postgres: {} }\n";
}

}  // namespace sluice::doctor
