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

void Pipelines::look() {
  std::string trouble;
  std::vector<std::string> refused;
  const auto refuse = [&](const std::string& sentence) {
    complain(sentence);
    refused.push_back(sentence);
  };
  const auto start = [&](const std::string& what, const std::function<void()>& launching) {
    try {
      launching();
      return true;
    } catch (const Unsafe& unsafe) {
      // As with a definition that has a mistake: it is refused until it is another, and stops nobody else.
      refuse(what + " is refused: " + unsafe.what());
      return false;
    } catch (const std::exception& error) {
      const std::string sentence = what + " cannot be loaded yet: " + error.what();
      complain(sentence);
      if (trouble.empty()) trouble = sentence;
      return false;
    }
  };
  const std::string group = parts_.topics.prefix() + "-loader";
  if (!files_running_) {
    files_running_ = start("the ledger of files", [&] {
      launch("files", group, nullptr, {files_target(parts_.topics, parts_.shards)});
    });
  }
  std::set<std::string> running_paths;
  for (const auto& [name, dataset] : running_) running_paths.insert(dataset->path);
  LoadedDefinitions loaded = load_definitions(parts_.definition_folders, running_paths);
  for (const DefinitionError& error : loaded.errors) refuse(to_string(error));
  for (Dataset& read : loaded.datasets) {
    const auto dataset = std::make_shared<const Dataset>(std::move(read));
    const auto runs = running_.find(dataset->name);
    if (runs != running_.end() && runs->second->fingerprint != dataset->fingerprint) {
      refuse(changed_while_it_runs(*dataset));
    } else if (runs == running_.end()) {
      const bool started = start("dataset '" + dataset->name + "'", [&] {
        launch(dataset->name, group + "-" + dataset->name, dataset.get(),
               targets_of(dataset, parts_.topics));
      });
      if (started) running_.emplace(dataset->name, dataset);
    } else {
      runs->second = dataset;  // its sinks may have changed
    }
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
  trouble_ = std::move(trouble);
  refused_ = std::move(refused);
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

void Pipelines::launch(const std::string& name, const std::string& group, const Dataset* dataset,
                       std::vector<Target> targets) {
  std::vector<TablePlan> tables{dead_letters_table()};
  int tasks = 0;
  for (const Target& target : targets) {
    tables.push_back(target.table);
    parts_.metrics.know("table", target.table.name);
    tasks += target.partitions;
  }
  parts_.ensure_topics(dataset);  // first: a definition that it refuses changes no table
  parts_.ensure_tables(tables);
  Pipeline pipeline;
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
