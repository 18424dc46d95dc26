#pragma once
// Whose a file is, as the announcer asks the definitions.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/rows/path_values.h"

namespace sluice::ingest {

// The dataset that takes a file of this name; an Error says why none does.
using DatasetOf = std::function<Result<std::string>(const std::string& name)>;
// The definition of a dataset; null: it is not known any more.
using DefinitionOf = std::function<std::shared_ptr<const Dataset>(const std::string& dataset)>;

// The same bytes below another folder are other content where a field comes from there.
inline std::string joined_path_values(const Dataset& dataset, const std::string& path) {
  std::string out;
  for (const std::string& value : path_values(dataset, path).value_or(std::vector<std::string>())) {
    out += (out.empty() ? "" : "/") + value;
  }
  return out;
}

}  // namespace sluice::ingest
