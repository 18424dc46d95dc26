#pragma once
// Reads definition files and refuses what is wrong in them, all of it at once, with file, line and column,
// before anything starts. Pure but for reading the files.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"

namespace sluice {

struct DefinitionError {
  std::string file;
  int line = 0;    // from 1
  int column = 0;  // from 1
  std::string message;
};
// "schemas/bookings.yaml:12:5: fields.guests: unknown type \"int\" …"
std::string to_string(const DefinitionError& error);

using DefinitionResult = tl::expected<Dataset, std::vector<DefinitionError>>;

// `others` are the definitions whose records a report may look up.
DefinitionResult parse_definition(std::string_view text, const std::string& path,
                                  const std::vector<Dataset>& others = {});
// Its lookups find the definitions in the folder of `path`.
DefinitionResult load_definition(const std::string& path);

struct LoadedDefinitions {
  std::vector<Dataset> datasets;        // the good ones, in the order of their paths
  std::vector<DefinitionError> errors;  // of the others; a broken file hides no good one
};
// All *.yaml and *.yml directly in the folders (a path to a file is taken too). Names of datasets and
// reports are unique over all; of two that clash, the later path is refused, or the one that is not among
// `running`, the paths of definitions in force: a new file takes no name away from what runs.
LoadedDefinitions load_definitions(const std::vector<std::string>& folders,
                                   const std::set<std::string>& running = {});

}  // namespace sluice
