#include "cli/definitions_command.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include <fmt/format.h>

#include "cli/running_services.h"
#include "common/definition/definition_parser.h"
#include "common/definition/overlaps.h"
#include "common/rows/row_reader.h"

namespace sluice::cli {
namespace {

// What only they can know: whether a good definition is the one that their state was built by.
void tell_what_runs_without(const DefinitionsOptions& options, const LoadedDefinitions& loaded) {
  if (!options.files.empty()) return;
  std::fflush(stdout);
  for (const std::string& sentence : refused_definitions(options.port_base)) {
    const bool known = std::ranges::any_of(
        loaded.errors, [&](const DefinitionError& error) { return to_string(error) == sentence; });
    if (!known) fmt::print(stderr, "the running services say: {}\n", sentence);
  }
}

// Files that two definitions take: of those that are checked with one another, and with all others there are.
std::size_t warn_of_overlaps(const DefinitionsOptions& options, const LoadedDefinitions& loaded) {
  std::vector<Dataset> all = loaded.datasets;
  if (!options.files.empty()) {
    for (Dataset& other : load_definitions(split_folders(options.folders)).datasets) {
      if (std::ranges::find(all, other.name, &Dataset::name) == all.end()) all.push_back(std::move(other));
    }
  }
  std::size_t warnings = 0;
  for (const Overlap& overlap : overlaps_of(all)) {
    if (overlap.first >= loaded.datasets.size()) continue;  // it concerns none that is checked
    const Dataset &one = all[overlap.first], &other = all[overlap.second];
    ++warnings;
    fmt::print(stderr,
               "warning: {} (dataset {}, \"{}\") and {} (dataset {}, \"{}\") both take a file named \"{}\": dropped in "
               "the folder it is refused; narrow `source: {{ files: … }}` of one\n",
               one.path, one.name, overlap.first_pattern, other.path, other.name, overlap.second_pattern,
               printable_row(overlap.example));
  }
  return warnings;
}

}  // namespace

std::vector<std::string> split_folders(const std::string& folders) {
  std::vector<std::string> out;
  std::istringstream in(folders);
  for (std::string folder; std::getline(in, folder, ':');) {
    if (!folder.empty()) out.push_back(folder);
  }
  return out;
}

int check_definitions(const DefinitionsOptions& options) {
  const LoadedDefinitions loaded =
      load_definitions(options.files.empty() ? split_folders(options.folders) : options.files);
  for (const Dataset& dataset : loaded.datasets) {
    std::string reports;
    for (const ReportSpec& report : dataset.reports) reports += (reports.empty() ? "" : ", ") + report.name;
    fmt::print("{}: dataset {}, {} fields, reports: {}\n", dataset.path, dataset.name, dataset.fields.size(),
               reports.empty() ? "none" : reports);
  }
  for (const DefinitionError& error : loaded.errors) fmt::print(stderr, "{}\n", to_string(error));
  const std::size_t warnings = warn_of_overlaps(options, loaded);
  tell_what_runs_without(options, loaded);
  if (!loaded.errors.empty()) {
    fmt::print(stderr, "{} {}\n", loaded.errors.size(), loaded.errors.size() == 1 ? "mistake" : "mistakes");
    return 1;
  }
  if (loaded.datasets.empty()) {
    fmt::print(stderr, "no definitions in {}\n", options.folders);
    return 1;
  }
  fmt::print("no mistakes{}\n",
             warnings == 0 ? "" : fmt::format(", {} {}", warnings, warnings == 1 ? "warning" : "warnings"));
  return 0;
}

}  // namespace sluice::cli
