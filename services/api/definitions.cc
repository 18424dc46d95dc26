#include "services/api/definitions.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/base/error.h"
#include "common/definition/definition_parser.h"

namespace sluice::api {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> definition_files(const std::vector<std::string>& folders) {
  std::vector<fs::path> out;
  for (const std::string& folder : folders) {
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      const std::string extension = entry.path().extension();
      if (extension == ".yaml" || extension == ".yml") out.push_back(entry.path());
    }
    if (error)
      throw ConfigError("Cannot read the definitions' folder " + folder + ": " + error.message() +
                        ".");
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Changes when a file comes, goes or is written; cheap enough for every second.
std::string stamp_of(const std::vector<fs::path>& files) {
  std::ostringstream out;
  for (const fs::path& file : files) {
    std::error_code error;
    out << file.string() << ' ' << fs::file_size(file, error) << ' '
        << fs::last_write_time(file, error).time_since_epoch().count() << '\n';
  }
  return out.str();
}

std::vector<Dataset> read_all(const std::vector<fs::path>& files) {
  std::vector<Dataset> out;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) throw ConfigError("Cannot read the definition " + file.string() + ".");
    auto dataset = parse_definition(text.str(), file.string());
    if (!dataset) throw ConfigError(dataset.error().message);
    out.push_back(*std::move(dataset));
  }
  return out;
}

}  // namespace

Definitions::Definitions(std::vector<std::string> folders) : folders_(std::move(folders)) {
  const auto files = definition_files(folders_);
  seen_ = stamp_of(files);
  current_ = make_catalogue(read_all(files));
}

std::string Definitions::reload() {
  try {
    const auto files = definition_files(folders_);
    std::string stamp = stamp_of(files);
    if (stamp == seen_) return {};
    auto catalogue = make_catalogue(read_all(files));
    const std::lock_guard lock(mutex_);
    current_ = std::move(catalogue);
    seen_ = std::move(stamp);
    return {};
  } catch (const ConfigError& error) {
    return error.what();
  }
}

std::shared_ptr<const Catalogue> Definitions::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace sluice::api
