#pragma once
// `sluice definitions check [FILE…]`: exit code 0 if all is well, 1 if something is refused. Definitions that take files
// of the same name are warned of: such a file is refused when it comes, the definitions are not. What the running
// services have not taken over is told beside it.

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::cli {

struct DefinitionsOptions {
  std::vector<std::string> files;  // none: all of `folders`
  std::string folders;             // ':' between them
  std::uint16_t port_base = 0;     // of the services, which may run
};
int check_definitions(const DefinitionsOptions& options);

// "a:b" -> {"a", "b"}.
std::vector<std::string> split_folders(const std::string& folders);

}  // namespace sluice::cli
