#include "services/loader/pipelines.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/definition/committed.h"
#include "common/telemetry/log.h"

namespace sluice::loader {
namespace {

constexpr auto kLookInterval = std::chrono::seconds(1);
constexpr auto kHousekeepingInterval = std::chrono::hours(1);

}  // namespace

Pipelines::Pipelines(Parts parts) : parts_(std::move(parts)) {}

Pipelines::~Pipelines() { stop(); }

void Pipelines::start() {
  watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void Pipelines::stop() {
  if (watcher_.joinable()) {
    watcher_.request_stop();
    watcher_.join();
  }
  // All at once: each may take as long as its commit.
  std::vector<std::jthread> stopping;
  for (Pipeline& pipeline : pipelines_) {
    for (auto& worker : pipeline.workers) {
      stopping.emplace_back([&worker] { worker->stop(); });
    }
  }
  stopping.clear();
  const std::lock_guard lock(mutex_);
  pipelines_.clear();
}

void Pipelines::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      look();
    } catch (const std::exception& error) {  // what runs goes on; the next look starts over
      const std::lock_guard lock(mutex_);
      if (trouble_ != error.what()) {
        log::error("the definitions cannot be read", {{"reason", error.what()}});
      }
      trouble_ = error.what();
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kLookInterval, [] { return false; });
  }
}

void Pipelines::complain(const std::string& sentence) {
  if (!told_.contains(sentence)) log::warning(sentence);
  told_now_.insert(sentence);
}

void Pipelines::refuse(const std::string& sentence) {
  complain(sentence);
  look_refused_.push_back(sentence);
}

bool Pipelines::start(const std::string& what, const Starting& launching) {
  try {
    launching();
    return true;
  } catch (const Unsafe& unsafe) {
    // As with a definition that has a mistake: it is refused until it is another, and stops nobody else.
    refuse(what + " is refused: " + unsafe.what());
  } catch (const std::exception& error) {
    const std::string sentence = what + " cannot be loaded yet: " + error.what();
    complain(sentence);
    if (look_trouble_.empty()) look_trouble_ = sentence;
  }
  return false;
}

void Pipelines::look() {
  look_trouble_.clear();
  look_refused_.clear();
  if (!files_running_) {
    files_running_ = start("the ledger of files", [&] {
      parts_.ensure_topics(nullptr);
      Target files = files_target(parts_.topics, parts_.shards);
      parts_.ensure_tables({dead_letters_table(), files.table});
      launch("files", parts_.topics.prefix() + "-loader", {std::move(files)});
    });
  }
  std::set<std::string> running_paths;
  for (const auto& [name, dataset] : running_) running_paths.insert(dataset->path);
  LoadedDefinitions loaded = load_definitions(parts_.definition_folders, running_paths);
  for (const DefinitionError& error : loaded.errors) refuse(to_string(error));
  std::vector<std::shared_ptr<const Dataset>> files;
  for (Dataset& read : loaded.datasets) files.push_back(std::make_shared<const Dataset>(std::move(read)));
  if (files_running_) {  // which has made the tables that tell the generations
    const GenerationsByDataset generations = parts_.generations();
    for (const auto& dataset : files) {
      const auto found = generations.find(dataset->name);
      look_at(dataset, found == generations.end() ? nullptr : &found->second);
    }
    parts_.defined(files);
  }
  // Of all that runs: a file that is broken or gone takes no export away, not even another's.
  std::vector<ReportSpec> written;
  for (const auto& [name, dataset] : running_) {
    for (const ReportSpec& report : dataset->reports) {
      if (report.csv || report.exported) written.push_back(report);
    }
  }
  parts_.written_reports(written);
  keep_house();
  told_ = std::exchange(told_now_, {});
  const std::lock_guard lock(mutex_);
  trouble_ = look_trouble_;
  refused_ = look_refused_;
}

// `generations`: null where nothing is known of any, so that the first is to be started.
void Pipelines::look_at(const std::shared_ptr<const Dataset>& file, const DatasetGenerations* generations) {
  const std::string& name = file->name;
  std::shared_ptr<const Dataset> live = file;
  if (generations != nullptr && generations->live.fingerprint != file->fingerprint) {
    const auto runs = running_.find(name);
    if (runs != running_.end() && runs->second->fingerprint == generations->live.fingerprint) {
      live = runs->second;
    } else if (auto kept = parse_definition(generations->live.definition, generations->live.path); kept) {
      live = std::make_shared<const Dataset>(*std::move(kept));
    } else {
      return refuse(changed_while_it_runs(*file));
    }
    if (!can_rebuild(*live, *file)) {
      refuse(changed_while_it_runs(*file));
      // By the kept text alone it is not known what others look up.
      if (runs == running_.end() && (is_linked(*file) || is_linked(*live))) return;
    } else {
      refuse(rebuilt_by_itself(*file));
    }
  } else if (generations == nullptr && running_.contains(name) &&
             running_.at(name)->fingerprint != file->fingerprint) {
    return refuse(changed_while_it_runs(*file));
  }
  const int number = generations == nullptr ? 1 : generations->live.number;
  const auto base = base_has_rows_.find(name);
  // Where another generation than the first became the report, the first one's rows are loaded no more.
  if (base != base_has_rows_.end() && base->second && number > 1) {
    end(name);
    base_has_rows_.erase(base);
  }
  if (!base_has_rows_.contains(name)) {
    const bool started = start("dataset '" + name + "'", [&] {
      std::vector<Target> targets =
          number == 1 ? targets_of(live, parts_.topics) : record_targets(live, parts_.topics);
      std::vector<TablePlan> tables{dead_letters_table()};
      for (const Target& target : targets) tables.push_back(target.table);
      if (number == 1) parts_.ensure_topics(live.get());  // first: a definition that it refuses changes no table
      parts_.ensure_tables(tables);
      launch(name, parts_.topics.loader_group(name), std::move(targets));
      base_has_rows_[name] = number == 1;
    });
    if (!started) return;
  }
  // Again with each look until it is read back: one that failed would else never be noted.
  if (generations == nullptr) parts_.note_first_generation(*live);
  running_[name] = live;  // its sinks may have changed
  std::set<std::string> wanted;
  const auto want = [&](const std::shared_ptr<const Dataset>& dataset, int generation) {
    if (generation == 1) return;
    wanted.insert(name + "-g" + std::to_string(generation));
    run_generation(dataset, generation);
  };
  want(live, number);
  if (generations != nullptr && generations->building) {
    const Generation& next = *generations->building;
    if (next.fingerprint == file->fingerprint) {
      want(file, next.number);
    } else if (auto kept = parse_definition(next.definition, next.path); kept) {
      want(std::make_shared<const Dataset>(*std::move(kept)), next.number);
    }
  }
  const std::string prefix = name + "-g";
  for (const std::string& runs : std::set<std::string>(generations_running_)) {
    if (!runs.starts_with(prefix) || wanted.contains(runs)) continue;
    end(runs);
    generations_running_.erase(runs);
  }
}

void Pipelines::run_generation(const std::shared_ptr<const Dataset>& dataset, int generation) {
  const Topics topics = parts_.topics.of_generation(generation);
  const std::string name = dataset->name + "-g" + std::to_string(generation);
  if (generations_running_.contains(name)) return;
  const bool started = start("generation " + std::to_string(generation) + " of dataset '" + dataset->name + "'", [&] {
    std::vector<Target> targets = rows_targets(dataset, topics);
    if (targets.empty()) return;
    std::vector<TablePlan> tables;
    for (const Target& target : targets) tables.push_back(target.table);
    parts_.ensure_generation(topics, *dataset, std::move(tables));
    launch(name, topics.loader_group(dataset->name), std::move(targets));
  });
  if (started) generations_running_.insert(name);
}

std::vector<std::string> Pipelines::refused_definitions() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

void Pipelines::keep_house() {
  const auto now = parts_.tasks.clock.steady_now();
  // The ledger that runs has made the tables.
  if (now < next_housekeeping_ || !files_running_) return;
  next_housekeeping_ = now + kHousekeepingInterval;
  try {
    parts_.housekeeping();
  } catch (const std::exception& error) {
    log::warning("old deletions were not forgotten; the next try is in an hour",
                 {{"reason", error.what()}});
  }
}

void Pipelines::end(const std::string& name) {
  Pipeline ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(pipelines_, name, &Pipeline::name);
    if (found == pipelines_.end()) return;
    ended = std::move(*found);
    pipelines_.erase(found);
  }
  for (auto& worker : ended.workers) worker->stop();
  log::info("loading ended", {{"dataset", name}});
}

void Pipelines::launch(const std::string& name, const std::string& group, std::vector<Target> targets) {
  int tasks = 0;
  for (const Target& target : targets) {
    tasks += target.partitions;
    parts_.metrics.know("table", target.table.name);
  }
  Pipeline pipeline;
  pipeline.name = name;
  pipeline.tasks = std::make_unique<LoaderTasks>(std::move(targets), parts_.tasks);
  // More workers than tasks would only wait.
  for (int i = 0; i < std::clamp(parts_.workers, 1, tasks); ++i) {
    auto worker = std::make_unique<PartitionWorker>(name + "-" + std::to_string(i), *pipeline.tasks,
                                                    parts_.consumers(group, i), parts_.tasks.clock,
                                                    parts_.metrics);
    worker->on_fatal = parts_.on_fatal;
    worker->start();
    pipeline.workers.push_back(std::move(worker));
  }
  log::info("loading started", {{"dataset", name}});
  const std::lock_guard lock(mutex_);
  pipelines_.push_back(std::move(pipeline));
}

std::string Pipelines::not_ready() const {
  const std::lock_guard lock(mutex_);
  if (!trouble_.empty()) return trouble_;
  for (const Pipeline& pipeline : pipelines_) {
    for (const auto& worker : pipeline.workers) {
      if (auto reason = worker->not_ready(); !reason.empty()) return reason;
    }
  }
  return {};
}

}  // namespace sluice::loader
