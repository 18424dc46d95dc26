#include "services/ingest/definitions.h"

#include <filesystem>

#include "common/definition/committed.h"
#include "common/definition/definition_parser.h"

namespace sluice::ingest {

namespace fs = std::filesystem;

Definitions::Definitions(std::vector<std::string> folders,
                         std::function<void(const Dataset&)> prepare, Listener listener)
    : folders_(std::move(folders)), prepare_(std::move(prepare)), listener_(std::move(listener)) {}

std::string Definitions::listing() const {
  std::map<std::string, std::string> files;
  for (const std::string& folder : folders_) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      std::error_code gone;
      const auto size = at->file_size(gone);
      const auto time = at->last_write_time(gone);
      if (!gone)
        files[at->path()] =
            std::to_string(size) + " " + std::to_string(time.time_since_epoch().count());
    }
    const auto time = fs::last_write_time(folder, error);
    if (!error) files[folder] = std::to_string(time.time_since_epoch().count());
  }
  std::string out;
  for (const auto& [path, state] : files) out += path + " " + state + "\n";
  return out;
}

std::set<std::string> Definitions::running_paths() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> out;
  for (const auto& [name, known] : known_) {
    if (known.prepared) out.insert(known.dataset->path);
  }
  return out;
}

bool Definitions::reload() {
  const std::lock_guard reloading(reloading_);
  std::string now = listing();
  if (now != last_listing_ || last_listing_.empty()) {
    LoadedDefinitions loaded = load_definitions(folders_, running_paths());
    load_refusals_.clear();
    std::set<std::string> broken_paths;
    for (const DefinitionError& error : loaded.errors) {
      load_refusals_.insert(to_string(error));
      broken_paths.insert(error.file);
    }
    accept(std::move(loaded.datasets), broken_paths, load_refusals_);
    last_listing_ = std::move(now);
  }
  std::set<std::string> refusals = load_refusals_;
  const bool all_prepared = prepare_new(refusals);
  std::set<std::string> told = refusals;
  {
    const std::lock_guard lock(mutex_);
    told_.swap(told);
  }
  for (const std::string& refusal : refusals) {
    if (!told.contains(refusal)) listener_.refused(refusal);
  }
  return all_prepared;
}

std::vector<std::string> Definitions::refused() const {
  const std::lock_guard lock(mutex_);
  return {told_.begin(), told_.end()};
}

void Definitions::accept(std::vector<Dataset> loaded, const std::set<std::string>& broken_paths,
                         std::set<std::string>& refusals) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Known> next;
  for (Dataset& dataset : loaded) {
    const auto running = known_.find(dataset.name);
    const bool prepared = running != known_.end() && running->second.prepared;
    // Also of one whose file was away for a while: the other services go on with what they have.
    const auto before = in_force_.find(dataset.name);
    if (before != in_force_.end() && before->second->fingerprint != dataset.fingerprint &&
        !can_rebuild(*before->second, dataset)) {
      refusals.insert(changed_while_it_runs(dataset));
      if (running != known_.end()) next.emplace(*running);
      continue;
    }
    std::string name = dataset.name;
    next[std::move(name)] = {std::make_shared<const Dataset>(std::move(dataset)), prepared};
  }
  // What runs goes on while its file is broken.
  for (const auto& [name, running] : known_) {
    if (broken_paths.contains(running.dataset->path)) next.emplace(name, running);
  }
  known_ = std::move(next);
}

bool Definitions::prepare_new(std::set<std::string>& refusals) {
  std::vector<std::shared_ptr<const Dataset>> unprepared;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, known] : known_) {
      if (!known.prepared) unprepared.push_back(known.dataset);
    }
  }
  bool all = true;
  for (const auto& dataset : unprepared) {
    try {
      prepare_(*dataset);
    } catch (const TaskBroken& broken) {
      all = false;
      refusals.insert(dataset->path + ": waiting: " + broken.what());
      continue;
    } catch (const Unsafe& unsafe) {
      refusals.insert(dataset->path + ": " + unsafe.what());
      continue;
    }
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(dataset->name);
    if (found != known_.end()) found->second.prepared = true;
    in_force_.insert_or_assign(dataset->name, dataset);
    listener_.in_force(*dataset);
  }
  return all;
}

std::shared_ptr<const Dataset> Definitions::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  return found != known_.end() && found->second.prepared ? found->second.dataset : nullptr;
}

std::shared_ptr<const Dataset> Definitions::definition_of(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(name);
  return found != known_.end() ? found->second.dataset : nullptr;
}

Result<std::string> Definitions::match(const std::string& file_name) const {
  const std::lock_guard lock(mutex_);
  std::string taker;
  std::string patterns;
  for (const auto& [name, known] : known_) {
    for (const std::string& pattern : known.dataset->files) {
      patterns += (patterns.empty() ? "" : ", ") + pattern + " (" + name + ")";
    }
    if (!takes_file(*known.dataset, file_name)) continue;
    if (!taker.empty()) {
      return fail("Two definitions take a file of this name: " + taker + " and " + name + ".");
    }
    taker = name;
  }
  if (!taker.empty()) return taker;
  if (patterns.empty()) {
    return fail("There is no definition yet that takes a file. Let ./sluice doctor FILE write one, "
                "put it into schemas/, and drop the file again.");
  }
  return fail("No definition takes a file of this name. There are: " + patterns +
              ". Let ./sluice doctor FILE write one, put it into schemas/, and drop the file again.");
}

Result<std::string> Definitions::dataset_of(const std::string& file_name) {
  auto found = match(file_name);
  if (found) return found;
  // The definition and its first file may have come together.
  reload();
  return match(file_name);
}

std::vector<std::shared_ptr<const Dataset>> Definitions::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const Dataset>> out;
  for (const auto& [name, known] : known_) {
    if (known.prepared) out.push_back(known.dataset);
  }
  return out;
}

bool Definitions::takes(const std::string& file_name) const { return match(file_name).has_value(); }

}  // namespace sluice::ingest
