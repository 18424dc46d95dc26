#include "tests/support/private_servers.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace sluice::testing {
namespace fs = std::filesystem;

PrivateServers::PrivateServers() {
  std::string pattern = (fs::temp_directory_path() / "sluice-servers-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  // mkdtemp lets nobody else in, but the database may run as a user of its own.
  fs::permissions(pattern, fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
  dir_ = pattern;
  run("start", std::to_string(::getpid()));
  environment_ = read_test_environment(dir_ + "/environment.env");
}

PrivateServers::~PrivateServers() {
  try {
    run("stop", "");
    fs::remove_all(dir_);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
}

void PrivateServers::run(const std::string& command, const std::string& argument) const {
  const std::string line = std::string(SLUICE_TEST_ENVIRONMENT_SCRIPT) + " " + command + " " + dir_ + " " + argument;
  if (std::system(line.c_str()) != 0) throw std::runtime_error("failed: " + line);
}

}  // namespace sluice::testing
