#include "services/transform/core/definition_changes.h"

#include <algorithm>

#include "common/definition/committed.h"

namespace sluice::transform {
namespace {

// The name of a dataset that runs without giving `reader` what it looks up; empty if there is none.
std::string source_that_runs_without(
    const std::map<std::string, std::shared_ptr<const Dataset>>& running, const Dataset& reader) {
  for (const ReportSpec& report : reader.reports) {
    const auto* lookup = lookup_of(report);
    if (lookup == nullptr) continue;
    const auto source = running.find(lookup->dataset);
    if (source == running.end()) continue;
    const bool gives = std::ranges::any_of(source->second->feeds, [&](const FeedSpec& feed) {
      return feed.dataset == reader.name && feed.report == report.name;
    });
    if (!gives) return lookup->dataset;
  }
  return {};
}

}  // namespace

std::set<std::string> DefinitionChanges::running_paths() const {
  std::set<std::string> out;
  for (const auto& [name, dataset] : running_) out.insert(dataset->path);
  return out;
}

DefinitionChanges::News DefinitionChanges::look(LoadedDefinitions loaded) {
  News news;
  std::vector<std::string> wrong;
  for (const DefinitionError& error : loaded.errors) wrong.push_back(to_string(error));

  std::set<std::string> present;
  for (Dataset& dataset : loaded.datasets) {
    present.insert(dataset.name);
    const auto found = running_.find(dataset.name);
    if (found == running_.end()) {
      if (const auto source = source_that_runs_without(running_, dataset); !source.empty()) {
        wrong.push_back(dataset.path + ": dataset '" + dataset.name + "' looks up '" + source +
                        "', which has taken records before this definition came; give '" + source +
                        "' and its reports other names in a copy of its definition, and look that up");
        continue;
      }
      auto made = std::make_shared<const Dataset>(std::move(dataset));
      running_.emplace(made->name, made);
      news.to_start.push_back(std::move(made));
    } else if (found->second->fingerprint != dataset.fingerprint) {
      wrong.push_back(changed_while_it_runs(dataset));
    }
  }
  for (const auto& [name, dataset] : running_) {
    if (present.contains(name) || !loaded.errors.empty()) continue;
    wrong.push_back(dataset->path + ": the definition of dataset '" + name +
                    "' is gone; its pipeline runs until the next restart");
  }

  std::set<std::string> now(wrong.begin(), wrong.end());
  for (std::string& sentence : wrong) {
    if (!told_.contains(sentence)) news.complaints.push_back(std::move(sentence));
  }
  told_ = std::move(now);
  return news;
}

}  // namespace sluice::transform
