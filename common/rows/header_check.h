#pragma once
// Does a file's header hold exactly the definition's columns (or at least those, where the definition
// ignores others)? Pure.

#include <string>
#include <vector>

#include "common/definition/definition.h"

namespace sluice {

// Empty if so; else a sentence that names what is missing, unknown or doubled.
std::string check_header(const Dataset& dataset, const std::vector<std::string>& names);

}  // namespace sluice
