#include "services/transform/core/definition_changes.h"

#include <algorithm>

#include "common/definition/committed.h"

namespace sluice::transform {
namespace {

// The definition that a generation works by: the file's if it means the same (its sinks may be newer), else the text
// that was kept.
Result<Dataset> definition_of(const Generation& generation, const Dataset& file) {
  if (generation.fingerprint == file.fingerprint) return file;
  auto kept = parse_definition(generation.definition, generation.path);
  if (!kept) return fail(to_string(kept.error().front()));
  return *std::move(kept);
}

}  // namespace

const Dataset* DefinitionChanges::any_running(const std::string& dataset) const {
  const auto found = running_.lower_bound({dataset, 0});
  return found != running_.end() && found->first.first == dataset ? found->second.get() : nullptr;
}

bool DefinitionChanges::is_running(const std::string& dataset) const {
  return any_running(dataset) != nullptr;
}

std::set<std::string> DefinitionChanges::running_paths() const {
  std::set<std::string> out;
  for (const auto& [id, dataset] : running_) out.insert(dataset->path);
  return out;
}

DefinitionChanges::News DefinitionChanges::look(LoadedDefinitions loaded,
                                                const GenerationsByDataset& generations) {
  News news;
  std::vector<std::string> wrong;
  for (const DefinitionError& error : loaded.errors) wrong.push_back(to_string(error));

  std::set<std::string> present;
  for (Dataset& dataset : loaded.datasets) {
    present.insert(dataset.name);
    const auto found = generations.find(dataset.name);
    if (found == generations.end()) {
      look_at_first(std::move(dataset), news, wrong);
    } else {
      look_at(std::move(dataset), found->second, news, wrong);
    }
  }
  for (const auto& [id, dataset] : running_) {
    if (present.contains(id.first) || !loaded.errors.empty()) continue;
    wrong.push_back(dataset->path + ": the definition of dataset '" + id.first +
                    "' is gone; its pipeline runs until the next restart");
  }

  std::set<std::string> now(wrong.begin(), wrong.end());
  for (std::string& sentence : wrong) {
    if (!told_.contains(sentence)) news.complaints.push_back(std::move(sentence));
  }
  told_ = std::move(now);
  return news;
}

// A dataset of which no generations are told: it has its first.
void DefinitionChanges::look_at_first(Dataset dataset, News& news,
                                      std::vector<std::string>& wrong) {
  const auto found = running_.find({dataset.name, 1});
  if (found != running_.end()) {
    if (found->second->fingerprint != dataset.fingerprint) wrong.push_back(changed_while_it_runs(dataset));
    return;
  }
  for (const ReportSpec& report : dataset.reports) {
    const auto* lookup = lookup_of(report);
    const Dataset* source = lookup == nullptr ? nullptr : any_running(lookup->dataset);
    if (source == nullptr) continue;
    const bool gives = std::ranges::any_of(source->feeds, [&](const FeedSpec& feed) {
      return feed.dataset == dataset.name && feed.report == report.name;
    });
    if (gives) continue;
    wrong.push_back(dataset.path + ": dataset '" + dataset.name + "' looks up '" + source->name +
                    "', which has taken records before this definition came; give '" + source->name +
                    "' and its reports other names in a copy of its definition, and look that up");
    return;
  }
  start(std::make_shared<const Dataset>(std::move(dataset)), Generation{}, news);
}

void DefinitionChanges::look_at(Dataset dataset, const DatasetGenerations& generations, News& news,
                                std::vector<std::string>& wrong) {
  for (auto it = running_.lower_bound({dataset.name, 0}); it != running_.end() && it->first.first == dataset.name;) {
    const int number = it->first.second;
    const bool wanted = number == generations.live.number ||
                        (generations.building && number == generations.building->number);
    if (wanted) {
      ++it;
      continue;
    }
    news.to_stop.push_back(it->first);
    it = running_.erase(it);
  }
  const bool linked = is_linked(dataset);
  if (generations.live.fingerprint == dataset.fingerprint && generations.live.number == 1 && linked) {
    return look_at_first(std::move(dataset), news, wrong);
  }
  const auto run = [&](const Generation& generation) {
    if (running_.contains({dataset.name, generation.number})) return;
    auto definition = definition_of(generation, dataset);
    if (!definition) {
      wrong.push_back(dataset.path + ": generation " + std::to_string(generation.number) + " of dataset '" +
                      dataset.name + "' stands still, its kept definition is refused: " +
                      definition.error().message);
    } else if ((linked || is_linked(*definition)) && generation.fingerprint != dataset.fingerprint) {
      wrong.push_back(changed_while_it_runs(dataset));
    } else {
      start(std::make_shared<const Dataset>(*std::move(definition)), generation, news);
    }
  };
  run(generations.live);
  if (generations.building) run(*generations.building);
  if (generations.live.fingerprint == dataset.fingerprint) return;
  const auto live = running_.find({dataset.name, generations.live.number});
  if (live == running_.end()) return;
  wrong.push_back(can_rebuild(*live->second, dataset) ? rebuilt_by_itself(dataset)
                                                      : changed_while_it_runs(dataset));
}

void DefinitionChanges::start(std::shared_ptr<const Dataset> dataset, const Generation& generation,
                              News& news) {
  running_.emplace(PipelineId{dataset->name, generation.number}, dataset);
  news.to_start.push_back({std::move(dataset), generation.number, generation.from});
}

}  // namespace sluice::transform
