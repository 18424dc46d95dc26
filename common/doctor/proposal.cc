#include "common/doctor/proposal.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "common/doctor/field_guess.h"
#include "common/doctor/key_guess.h"
#include "common/doctor/proposed_names.h"
#include "common/doctor/sample.h"

namespace sluice::doctor {
namespace {

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

// A comment's text: on one line, of a long value the beginning.
std::string shown(std::string_view value) {
  constexpr std::size_t kMost = 40;
  std::size_t end = std::min(value.size(), kMost);
  while (end > 0 && end < value.size() && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) --end;
  return quoted(value.substr(0, end)) + (end < value.size() ? "…" : "");
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

// `values`: so many the sample has of it.
std::string field_text(const ProposedField& field, const std::string& source, std::size_t values) {
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
  std::vector<std::string> notes;
  if (field.guess.other_separator) notes.emplace_back("or the other sign: no value tells");
  if (!field.guess.other_orders.empty()) {
    std::vector<std::string> others;
    for (const std::string& format : field.guess.other_orders) others.push_back(quoted(format));
    notes.push_back(fmt::format("or {}: no value tells the order", fmt::join(others, " or ")));
  }
  if (field.guess.misfits > 0) {
    notes.push_back(fmt::format("{} of {} values do not fit, such as {}: their rows are refused", field.guess.misfits,
                                values, shown(field.guess.first_misfit)));
  }
  return notes.empty() ? out : out + fmt::format("  # {}", fmt::join(notes, "; "));
}

std::vector<ProposedField> fields_of(const Sample& sample) {
  std::vector<ProposedField> out;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < sample.columns.size(); ++i) {
    const SampleColumn& column = sample.columns[i];
    auto guess = guess_field(column);
    if (!guess) continue;
    ProposedField field{name_from(column.source, "x", taken), i, *std::move(guess), false};
    if (field.guess.type == FieldType::kMoney) taken.insert(field.name + "_currency");
    // A list may be empty and is there all the same; of what is not, nothing is asked.
    field.required = column.values.size() == sample.rows && field.guess.type != FieldType::kList;
    out.push_back(std::move(field));
  }
  return out;
}

struct ProposedKey {
  std::vector<std::string> fields;
  std::string note;  // a comment's text, where it is not quite a key
};

std::string list_text(const std::vector<std::string>& names) {
  return names.size() == 1 ? names[0] : fmt::format("[{}]", fmt::join(names, ", "));
}

std::string note_of(const KeyGuess& guess, std::size_t rows, const std::vector<std::string>& instead) {
  if (guess.repeated == 0) return {};
  const std::string apart = instead.empty() ? "no few columns tell all rows apart"
                                            : list_text(instead) + " tells all apart";
  return fmt::format("{} of {} rows repeat it with other content, and would correct the row before; {}",
                     guess.repeated, rows, apart);
}

// Makes the key's fields required.
ProposedKey key_of(const Sample& sample, std::vector<ProposedField>& fields) {
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
    return {{plain->name}, "no column has a value in every row"};
  }
  const auto names_of = [&](const std::vector<std::size_t>& columns) {
    std::vector<std::string> out;
    for (const std::size_t column : columns) {
      out.push_back(std::ranges::find(fields, column, &ProposedField::column)->name);
    }
    return out;
  };
  const KeyGuess guess = guess_key(sample, candidates);
  return {names_of(guess.columns), note_of(guess, sample.rows, names_of(guess.instead))};
}

}  // namespace

Result<std::string> propose(const std::string& file_name, std::string_view text, bool at_end,
                            const std::set<std::string>& taken) {
  const auto sample = take_sample(text, at_end);
  if (!sample) return tl::unexpected(sample.error());
  std::vector<ProposedField> fields = fields_of(*sample);
  const ProposedKey key = key_of(*sample, fields);
  if (key.fields.empty()) return fail("No definition takes the file, and none of its columns can be a key.");
  std::set<std::string> names = taken;
  std::string out = fmt::format(
      "# Proposed after a look at {} rows of {}: check the types, what is required, and the key.\n",
      sample->rows, quoted(file_name));
  if (sample->misshaped_rows > 0) {
    out += fmt::format("# Rows beside them with another number of columns, which are refused: {}.\n",
                       sample->misshaped_rows);
  }
  out += '\n';
  out += fmt::format("dataset: {}\n", name_from(words_of(file_name), "data", names));
  out += fmt::format("source: {{ files: {} }}\n", quoted(pattern_for(file_name)));
  out += fmt::format("format: {}\n", format_text(*sample));
  out += fmt::format("key: {}{}\n", list_text(key.fields), key.note.empty() ? "" : "  # " + key.note);
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
    const std::size_t values = sample->columns[field.column].values.size();
    out += fmt::format("  {:<{}} {}\n", field.name + ":", width + 1, field_text(field, source, values));
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
