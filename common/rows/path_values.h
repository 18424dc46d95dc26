#pragma once
// Fields that stand in a file's path: "datehour={datehour}/" finds 2021-01-23-10 in
// "in/datehour=2021-01-23-10/part-0.json".

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"

namespace sluice {

// In the order of Dataset::path_fields. The pattern may begin at any part of the path (the first that
// fits counts); a value never holds '/'. nullopt: it fits nowhere. Empty if nothing is taken from paths.
std::optional<std::vector<std::string>> path_values(const Dataset& dataset, std::string_view path);

}  // namespace sluice
