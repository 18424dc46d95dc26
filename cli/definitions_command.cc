#include "cli/definitions_command.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include <fmt/format.h>

#include "cli/running_services.h"
#include "common/definition/definition_parser.h"

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
  tell_what_runs_without(options, loaded);
  if (!loaded.errors.empty()) {
    fmt::print(stderr, "{} {}\n", loaded.errors.size(), loaded.errors.size() == 1 ? "mistake" : "mistakes");
    return 1;
  }
  if (loaded.datasets.empty()) {
    fmt::print(stderr, "no definitions in {}\n", options.folders);
    return 1;
  }
  fmt::print("no mistakes\n");
  return 0;
}

}  // namespace sluice::cli
