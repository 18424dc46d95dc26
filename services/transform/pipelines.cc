#include "services/transform/pipelines.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/runtime/definition_check.h"
#include "common/telemetry/log.h"
#include "services/transform/core/report_owner.h"

namespace sluice::transform {
namespace {

constexpr auto kLookInterval = std::chrono::seconds(1);

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
    look();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kLookInterval, [] { return false; });
  }
}

void Pipelines::look() {
  DefinitionChanges::News news;
  GenerationsByDataset generations;
  std::string trouble;
  try {
    if (!generations_read_) parts_.ensure_installation();
    parts_.generations.look();
    generations_read_ = true;
  } catch (const std::exception& error) {
    // What was read before is good still; but before that a dataset may be of any generation.
    if (!generations_read_) trouble = std::string("the generations of datasets cannot be read: ") + error.what();
  }
  try {
    generations = parts_.generations.all();
    if (trouble.empty()) news = changes_.look(load(), generations);
  } catch (const std::exception& error) {
    log::error("the definitions cannot be read", {{"reason", error.what()}});
    return;
  }
  for (const PipelineId& id : news.to_stop) end(id);
  for (const std::string& complaint : news.complaints) {
    log::error("definition not in force", {{"reason", complaint}});
  }
  std::set<std::string> refused;
  for (const DefinitionChanges::Start& start : news.to_start) {
    const auto& dataset = start.dataset;
    try {
      launch(start);
    } catch (const Unsafe& unsafe) {
      // As with a definition that has a mistake: it is refused until it is another, and stops nobody else.
      changes_.not_started({dataset->name, start.generation});
      refused.insert(dataset->path + ": dataset '" + dataset->name + "' is refused: " + unsafe.what());
    } catch (const std::exception& error) {
      changes_.not_started({dataset->name, start.generation});
      trouble = "dataset '" + dataset->name + "' cannot start: " + error.what();
    }
  }
  for (const std::string& reason : refused) {
    if (!told_.contains(reason)) log::error("definition not in force", {{"reason", reason}});
  }
  told_ = refused;
  if (trouble.empty()) clean(generations);
  const std::lock_guard lock(mutex_);
  if (!trouble.empty() && trouble != trouble_) {
    log::error("pipeline cannot start yet", {{"reason", trouble}});
  }
  trouble_ = std::move(trouble);
  refused_.assign(changes_.wrong().begin(), changes_.wrong().end());
  refused_.insert(refused_.end(), refused.begin(), refused.end());
  for (const Pipeline& pipeline : pipelines_) {
    const Dataset& dataset = *pipeline.dataset;
    if (const auto ms = parts_.watermarks.of_ms(dataset.name, dataset.idle_seconds * 1000)) {
      parts_.events.watermark(dataset.name, *ms);
    }
  }
}

std::vector<std::string> Pipelines::refused_definitions() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

// What the files say, without the lookups that a dataset can no longer serve from its first record on.
LoadedDefinitions Pipelines::load() {
  LoadedDefinitions loaded = load_definitions(parts_.definition_folders, changes_.running_paths());
  for (Dataset& dataset : loaded.datasets) {
    if (dataset.feeds.empty() || changes_.is_running(dataset.name)) continue;
    try {
      if (parts_.generations.find(dataset.name)) continue;
      parts_.ensure_topics(parts_.topics, dataset);
      parts_.drop_late_feeds(dataset);
    } catch (const std::exception&) {
      // The same will keep it from starting, and is told there.
    }
  }
  return loaded;
}

void Pipelines::launch(const DefinitionChanges::Start& start) {
  const auto& dataset = start.dataset;
  Pipeline pipeline;
  pipeline.id = {dataset->name, start.generation};
  pipeline.dataset = dataset;
  pipeline.topics = std::make_unique<Topics>(parts_.topics.of_generation(start.generation));
  const Topics& topics = *pipeline.topics;
  parts_.ensure_topics(topics, *dataset);
  check_reports_are_its_own(parts_.log, topics, *dataset);
  tell_definition(parts_.log, topics, *dataset);
  GenerationParts generation;
  generation.from = start.from;
  generation.known = [&watch = parts_.generations, name = dataset->name] { return watch.known(name); };
  pipeline.tasks = std::make_unique<TransformTasks>(
      std::vector<std::shared_ptr<const Dataset>>{dataset}, topics, parts_.log, parts_.stores, parts_.clock,
      parts_.events, parts_.watermarks, std::move(generation));
  const std::string group = group_name(topics, *dataset);
  const std::string name = store_prefix(topics, dataset->name);
  // More workers than tasks would only wait.
  int tasks = 0;
  for (const TaskKind& kind : pipeline.tasks->kinds()) tasks += kind.partitions;
  for (int i = 0; i < std::clamp(parts_.workers, 1, tasks); ++i) {
    auto worker = std::make_unique<PartitionWorker>(name + std::to_string(i),
                                                    *pipeline.tasks, parts_.consumers(group, i),
                                                    parts_.clock, parts_.metrics);
    worker->on_fatal = parts_.on_fatal;
    worker->start();
    pipeline.workers.push_back(std::move(worker));
  }
  parts_.metrics.know("dataset", dataset->name);
  for (const ReportSpec& report : dataset->reports) parts_.metrics.know("report", report.name);
  log::info("pipeline started",
            {{"dataset", dataset->name}, {"generation", start.generation}, {"path", dataset->path}});
  const std::lock_guard lock(mutex_);
  pipelines_.push_back(std::move(pipeline));
}

void Pipelines::end(const PipelineId& id) {
  Pipeline ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(pipelines_, id, &Pipeline::id);
    if (found == pipelines_.end()) return;
    ended = std::move(*found);
    pipelines_.erase(found);
  }
  for (auto& worker : ended.workers) worker->stop();
  log::info("pipeline ended", {{"dataset", id.first}, {"generation", id.second}});
}

// What a generation leaves on this disk, also one that ended while this process did not run.
void Pipelines::clean(const GenerationsByDataset& known) {
  if (known == cleaned_) return;
  std::set<PipelineId> running;
  for (const Pipeline& pipeline : pipelines_) running.insert(pipeline.id);
  try {
    parts_.remove_old_state(known, running);
    cleaned_ = known;
  } catch (const std::exception& error) {
    log::warning("the state of an old generation was not removed", {{"reason", error.what()}});
  }
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

}  // namespace sluice::transform
