#include "services/api/definitions.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <system_error>

#include "common/definition/committed.h"
#include "common/definition/definition_parser.h"

namespace sluice::api {
namespace {

namespace fs = std::filesystem;

void append_stamp(std::vector<std::string>& out, const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  const auto written = fs::last_write_time(file, error).time_since_epoch().count();
  out.push_back(file.string() + ' ' + std::to_string(size) + ' ' + std::to_string(written));
}

// Changes when a file comes, goes or is written; cheap enough for every second.
std::string stamp_of(const std::vector<std::string>& folders) {
  std::vector<std::string> lines;
  for (const std::string& folder : folders) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) append_stamp(lines, folder);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      const std::string extension = entry.path().extension();
      if (extension == ".yaml" || extension == ".yml") append_stamp(lines, entry.path());
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line + '\n';
  return out;
}

std::string sentence_of(const std::vector<DefinitionError>& errors) {
  std::string out;
  for (const DefinitionError& error : errors) out += (out.empty() ? "" : "\n") + to_string(error);
  return out;
}

// Whether the file that a dataset came from has a mistake now, and nothing else defines the dataset.
bool is_broken_now(const Dataset& old, const LoadedDefinitions& loaded) {
  return std::ranges::any_of(loaded.errors, [&](const auto& e) { return e.file == old.path; }) &&
         std::ranges::none_of(loaded.datasets, [&](const auto& d) { return d.name == old.name; });
}

}  // namespace

Definitions::Definitions(std::vector<std::string> folders) : folders_(std::move(folders)) {
  stamp_ = stamp_of(folders_);
  LoadedDefinitions loaded = load_definitions(folders_);
  trouble_ = sentence_of(loaded.errors);
  current_ = make_catalogue(loaded.datasets);
  datasets_ = std::move(loaded.datasets);
}

const std::string& Definitions::reload(const std::optional<LiveDefinitions>& live) {
  std::string stamp = stamp_of(folders_);
  if (stamp == stamp_ && (!live || *live == live_)) return trouble_;
  if (live) live_ = *live;
  stamp_ = std::move(stamp);
  std::set<std::string> running;
  for (const Dataset& dataset : datasets_) running.insert(dataset.path);
  LoadedDefinitions loaded = load_definitions(folders_, running);
  trouble_ = sentence_of(loaded.errors);
  for (Dataset& old : datasets_) {
    if (is_broken_now(old, loaded)) {
      loaded.datasets.push_back(std::move(old));
      continue;
    }
    const auto now = std::ranges::find(loaded.datasets, old.name, &Dataset::name);
    if (now == loaded.datasets.end() || now->fingerprint == old.fingerprint) continue;
    if (live_.contains(old.name)) continue;
    // transform and the loader go on with the old one too: there is no other table.
    trouble_ += (trouble_.empty() ? "" : "\n") + changed_while_it_runs(*now);
    *now = std::move(old);
  }
  for (Dataset& dataset : loaded.datasets) {
    const auto known = live_.find(dataset.name);
    if (known == live_.end() || known->second.fingerprint == dataset.fingerprint) continue;
    auto kept = parse_definition(known->second.text, known->second.path);
    const bool rebuilt = kept && can_rebuild(*kept, dataset);
    trouble_ += (trouble_.empty() ? "" : "\n") + (rebuilt ? rebuilt_by_itself(dataset) : changed_while_it_runs(dataset));
    if (kept) dataset = *std::move(kept);
  }
  datasets_ = std::move(loaded.datasets);
  auto catalogue = make_catalogue(datasets_);
  const std::lock_guard lock(mutex_);
  current_ = std::move(catalogue);
  return trouble_;
}

std::shared_ptr<const Catalogue> Definitions::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace sluice::api
