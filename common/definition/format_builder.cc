// Where a dataset's files come from and how they are written: `source:` and `format:`.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/definition/dataset_builder.h"

namespace sluice::definition {
namespace {

constexpr std::pair<std::string_view, FileFormat> kFormats[] = {
    {"csv", FileFormat::kCsv},
    {"ndjson", FileFormat::kNdjson},
    {"json", FileFormat::kJson},
    {"xml", FileFormat::kXml},
};

constexpr std::pair<std::string_view, Encoding> kEncodings[] = {
    {"found", Encoding::kFound},     {"utf-8", Encoding::kUtf8},
    {"utf-16le", Encoding::kUtf16Le}, {"utf-16be", Encoding::kUtf16Be},
    {"latin-1", Encoding::kLatin1},  {"windows-1252", Encoding::kWindows1252},
};

// The value of that name; reports, with what was probably meant, if there is none.
template <typename T, std::size_t N>
std::optional<T> one_of(const YamlCursor& at, std::string_view what,
                        const std::pair<std::string_view, T> (&known)[N], const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known_name, value] : known) {
    if (known_name == name) return value;
    names.emplace_back(known_name);
  }
  const auto meant = probably_meant(name, names);
  at.error(fmt::format("unknown {} \"{}\"; {}", what, name,
                       meant ? fmt::format("did you mean \"{}\"?", *meant)
                             : "known: " + listed(names)));
  return std::nullopt;
}

// Fills `into`; whether the definition says anything.
bool one_character(const YamlCursor& at, char& into) {
  if (!at.defined()) return false;
  const auto text = at.text();
  if (!text) return false;
  const std::string value = *text == "\\t" || *text == "tab" ? "\t" : *text;
  if (value.size() != 1 || value[0] == '\n' || value[0] == '\r') {
    at.error("expected one character, or tab");
    return false;
  }
  into = value[0];
  return true;
}

void build_dialect(const YamlCursor& csv, CsvFormat& format) {
  format.delimiter_given = one_character(csv["delimiter"], format.delimiter);
  format.quote_given = one_character(csv["quote"], format.quote);
  if (format.delimiter == format.quote) csv.error("delimiter and quote are the same");
}

void build_csv(const YamlCursor& csv, CsvFormat& format) {
  build_dialect(csv, format);
  if (const YamlCursor at = csv["header"]; at.defined()) {
    format.header = at.boolean().value_or(true);
  }
  if (const YamlCursor at = csv["skip_lines"]; at.defined()) {
    format.skip_lines = static_cast<std::uint64_t>(at.integer(0, kMaxSkipLines).value_or(0));
  }
  if (const YamlCursor at = csv["other_columns"]; at.defined()) {
    const std::string what = at.text().value_or("");
    if (what != "ignore" && what != "refuse") at.error("expected refuse or ignore");
    format.ignores_other_columns = what == "ignore";
    if (format.ignores_other_columns && !format.header) {
      at.error("without a header every column is a field");
    }
  }
}

void build_encoding(const YamlCursor& at, Dataset& dataset) {
  if (!at.defined()) return;
  const auto name = at.text();
  if (!name) return;
  dataset.encoding = one_of(at, "encoding", kEncodings, *name).value_or(Encoding::kFound);
}

void build_options(const YamlCursor& options, Dataset& dataset) {
  if (!options.defined()) return;  // `format: { ndjson: }`
  switch (dataset.format) {
    case FileFormat::kCsv:
      if (!options.expect_map({"delimiter", "quote", "header", "encoding", "other_columns", "skip_lines"})) {
        return;
      }
      build_csv(options, dataset.csv);
      break;
    case FileFormat::kNdjson:
    case FileFormat::kJson:
      if (!options.expect_map({"encoding"})) return;
      break;
    case FileFormat::kXml:
      if (!options.expect_map({"row", "encoding"})) return;
      if (const YamlCursor row = options["row"]; row.defined()) {
        dataset.row_element = row.text().value_or("");
        if (dataset.row_element.find_first_of(" \t\n\r<>&/'\"=") != std::string::npos) {
          row.error("is no name of an element");
        }
      }
      break;
  }
  build_encoding(options["encoding"], dataset);
}

// "datehour={datehour}/" -> datehour
void build_path_fields(const YamlCursor& at, Dataset& dataset) {
  if (!at.defined()) return;
  const auto pattern = at.text();
  if (!pattern) return;
  dataset.path_pattern = *pattern;
  bool literal = true;  // stands before the name
  for (std::size_t open = pattern->find('{'); open != std::string::npos;) {
    const std::size_t close = pattern->find('}', open);
    if (close == std::string::npos) return at.error("a '{' is never closed");
    if (open > 0 && (*pattern)[open - 1] == '}') literal = false;
    const std::string name = pattern->substr(open + 1, close - open - 1);
    if (check_name(at, name)) {
      if (std::ranges::find(dataset.path_fields, name) != dataset.path_fields.end()) {
        at.error(fmt::format("{{{}}} stands here twice", name));
      }
      dataset.path_fields.push_back(name);
    }
    open = pattern->find('{', close);
  }
  if (!literal) at.error("two names stand side by side; where does the first end?");
  if (dataset.path_fields.empty()) at.error("names no {field}; expected e.g. \"day={day}/\"");
}

void build_s3(const YamlCursor& s3, Dataset& dataset) {
  if (!s3.defined() || !s3.expect_map({"bucket", "prefix", "after"})) return;
  S3Source source;
  if (const YamlCursor at = s3["bucket"]; at.defined()) {
    source.bucket = at.text().value_or("");
    if (source.bucket.empty() || source.bucket.find('/') != std::string::npos) {
      at.error("expected a bucket's name, without s3:// and without a path");
    }
  }
  const YamlCursor prefix = s3["prefix"];
  if (!prefix.defined()) return prefix.error("required: how the objects' keys begin, such as \"events/\"");
  source.prefix = prefix.text().value_or("");
  if (source.prefix.starts_with('/')) prefix.error("a key does not begin with '/'");
  if (const YamlCursor at = s3["after"]; at.defined()) {
    const auto after = parse_after_reading(at.text().value_or(""));
    if (!after) at.error("expected keep, move, tag or delete: what becomes of an object once it is read");
    source.after = after.value_or(AfterReading::kKeep);
  }
  dataset.s3 = std::move(source);
}

}  // namespace

void build_source(const YamlCursor& source, Dataset& dataset) {
  if (!source.defined()) {
    return source.error("required: where its files come from, { files: \"name*.csv\" }");
  }
  if (!source.expect_map({"files", "path_fields", "s3"})) return;
  build_s3(source["s3"], dataset);
  build_path_fields(source["path_fields"], dataset);
  const YamlCursor files = source["files"];
  if (!files.defined()) {
    return files.error("required: patterns of file names, such as \"bookings*.csv\"");
  }
  dataset.files = files.texts();
  if (files.is_list() && files.items().empty()) files.error("names no pattern; no file would be taken");
  for (const std::string& pattern : dataset.files) {
    if (pattern.empty() || pattern.find('/') != std::string::npos) {
      files.error(fmt::format(
          "\"{}\" is no pattern of a file's name (no '/': subfolders are always looked into)", pattern));
    }
  }
}

void build_format(const YamlCursor& root, Dataset& dataset) {
  const YamlCursor format = root["format"];
  const YamlCursor csv = root["csv"];
  if (!format.defined()) return format.error("required: csv, ndjson, json or xml");
  std::optional<FileFormat> known;
  if (format.is_scalar()) {
    known = one_of(format, "format", kFormats, format.text().value_or(""));
    dataset.format = known.value_or(FileFormat::kCsv);
  } else if (format.expect_map_of_names()) {
    const auto entries = format.entries();
    if (entries.size() != 1) return format.error("expected one format with its options");
    known = one_of(entries[0].key, "format", kFormats, entries[0].name);
    dataset.format = known.value_or(FileFormat::kCsv);
    if (known) build_options(entries[0].value, dataset);
  }
  if (known == FileFormat::kXml && dataset.row_element.empty()) {
    format.error("xml needs the name of the element that is a row: { xml: { row: NAME } }");
  }
  if (!csv.defined()) return;
  if (dataset.format != FileFormat::kCsv) return csv.error("means nothing for a file of another format");
  if (format.is_map()) return csv.error("say it in one place: `format: { csv: { … } }`");
  if (csv.expect_map({"delimiter", "quote"})) build_dialect(csv, dataset.csv);
}

}  // namespace sluice::definition
