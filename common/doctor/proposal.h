#pragma once
// A first definition for files that none takes.

#include <set>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sluice::doctor {

// YAML that the checker accepts, for files like the one named so and beginning with `text` (UTF-8;
// `at_end`: all of it). `taken`: names of datasets and reports there are. Error: a sentence why there
// is none.
Result<std::string> propose(const std::string& file_name, std::string_view text, bool at_end,
                            const std::set<std::string>& taken);

}  // namespace sluice::doctor
