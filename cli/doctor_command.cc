#include "cli/doctor_command.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "cli/definitions_command.h"
#include "cli/table.h"
#include "common/adapters/doctor/file_doctor.h"
#include "common/definition/definition_parser.h"
#include "common/doctor/diagnosis_json.h"
#include "common/rows/text_encoding.h"

namespace sluice::cli {
namespace {

using doctor::Diagnosis;

std::string dialect(const Diagnosis& d) {
  if (d.format == FileFormat::kXml) return fmt::format("xml, a row is <{}>", d.row_element);
  if (d.format != FileFormat::kCsv) return std::string(doctor::name_of(d.format));
  const std::string delimiter = d.csv.delimiter == '\t' ? "tab" : std::string(1, d.csv.delimiter);
  const std::string above = d.csv.skip_lines == 0   ? ""
                            : d.csv.skip_lines == 1 ? ", the first line is skipped"
                                                    : fmt::format(", the first {} lines are skipped", d.csv.skip_lines);
  return fmt::format("csv, delimiter {}, quote {}, {} header{}", delimiter, d.csv.quote,
                     d.csv.header ? "with a" : "no", above);
}

void print_head(const Diagnosis& d) {
  fmt::print("file        {} ({} bytes)\n", d.file, d.bytes);
  if (!d.definition.empty()) fmt::print("definition  {} ({})\n", d.dataset, d.definition);
  if (d.definition.empty()) fmt::print("definition  none takes a file of this name\n");
  if (d.bytes == 0) return;
  fmt::print("encoding    {}{}\n", name_of(d.encoding),
             d.byte_order_mark ? " with a byte order mark" : "");
  if (const auto ends = doctor::name_of(d.line_ends); !ends.empty()) fmt::print("line ends   {}\n", ends);
  if (!d.columns.empty()) fmt::print("dialect     {}\n", dialect(d));
}

void print_fields(const Diagnosis& d) {
  std::vector<std::vector<std::string>> rows;
  for (const doctor::ColumnStatistics& c : d.columns) {
    rows.push_back({c.name(), std::string(c.type()), std::to_string(c.values()),
                    std::to_string(c.nulls()),
                    fmt::format("{}{}", c.distinct(), c.all_distinct_counted() ? "" : " or more"),
                    c.least(), c.greatest()});
  }
  fmt::print("\n{}", render_table({{"field"},
                                   {"type"},
                                   {"values", true},
                                   {"nulls", true},
                                   {"different", true},
                                   {"least"},
                                   {"greatest"}},
                                  rows, 30));
}

void print_letters(const Diagnosis& d) {
  if (d.first_dead_letters.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const doctor::DeadRow& letter : d.first_dead_letters) {
    rows.push_back(
        {std::to_string(letter.line), letter.why.column, letter.why.rule, letter.why.reason});
  }
  fmt::print("\n{}", render_table({{"line", true}, {"column"}, {"rule"}, {"reason"}}, rows, 90));
  if (d.dead_letters == d.first_dead_letters.size()) return;
  fmt::print("… and {} more; in all:", d.dead_letters - d.first_dead_letters.size());
  for (const auto& [rule, count] : d.dead_letters_by_rule) fmt::print(" {} {}", count, rule);
  fmt::print("\n");
}

void print(const Diagnosis& d) {
  print_head(d);
  if (!d.proposal.empty()) {
    fmt::print("\nThis definition would; as a file in schemas/ it does:\n\n{}", d.proposal);
  }
  if (!d.error.empty()) {
    fmt::print("\nThe file would be refused: {}\n", d.error);
    return;
  }
  if (!d.warnings.empty()) fmt::print("\n");
  for (const std::string& sentence : d.warnings) fmt::print("warning: {}\n", sentence);
  print_fields(d);
  print_letters(d);
  fmt::print(
      "\nIts receipt would be: {} rows = {} records + {} dead letters + {} duplicates + {} "
      "corrections\nThat is of the file by itself: what was delivered before is not known here.\n",
      d.rows, d.records, d.dead_letters, d.duplicates, d.corrections);
  if (!d.all_keys_followed) {
    fmt::print("Rows that repeat a key are known among the first {} keys only.\n", doctor::kMostKeys);
  }
}

// Whether the file would become records, all of it.
bool is_well(const Diagnosis& d) {
  return d.error.empty() && d.dead_letters == 0 && !d.definition.empty();
}

}  // namespace

int examine(const DoctorOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(options.file, error)) {
    const auto type = std::filesystem::status(options.file, error).type();
    fmt::print(stderr, "sluice: {} cannot be read: {}\n", options.file,
               type == std::filesystem::file_type::not_found ? "there is no such file"
               : type == std::filesystem::file_type::directory ? "it is a folder; name a data file in it"
               : error ? error.message() : "it is no regular file");
    return 1;
  }
  const LoadedDefinitions definitions = load_definitions(split_folders(options.folders));
  for (const DefinitionError& mistake : definitions.errors) {
    fmt::print(stderr, "{}\n", to_string(mistake));
  }
  std::vector<std::shared_ptr<const Dataset>> datasets;
  for (const Dataset& dataset : definitions.datasets) {
    datasets.push_back(std::make_shared<const Dataset>(dataset));
  }
  const auto diagnoses = examine_file(
      {options.file, std::filesystem::absolute(options.file).string(), options.dataset}, datasets);
  if (options.json) fmt::print("{}\n", to_json(diagnoses));
  bool well = true;
  for (const Diagnosis& diagnosis : diagnoses) {
    if (!options.json) {
      if (&diagnosis != &diagnoses.front()) fmt::print("\n");
      print(diagnosis);
    }
    well = well && is_well(diagnosis);
  }
  return well ? 0 : 1;
}

}  // namespace sluice::cli
