#pragma once
// `sluice definitions check [FILE…]`: exit code 0 if all is well, 1 if something is refused.

#include <string>
#include <vector>

namespace sluice::cli {

struct DefinitionsOptions {
  std::vector<std::string> files;  // none: all of `folders`
  std::string folders;             // ':' between them
};
int check_definitions(const DefinitionsOptions& options);

// "a:b" -> {"a", "b"}.
std::vector<std::string> split_folders(const std::string& folders);

}  // namespace sluice::cli
