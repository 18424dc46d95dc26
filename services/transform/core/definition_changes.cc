#include "services/transform/core/definition_changes.h"

namespace sluice::transform {

DefinitionChanges::News DefinitionChanges::look(LoadedDefinitions loaded) {
  News news;
  std::vector<std::string> wrong;
  for (const DefinitionError& error : loaded.errors) wrong.push_back(to_string(error));

  std::set<std::string> present;
  for (Dataset& dataset : loaded.datasets) {
    present.insert(dataset.name);
    const auto found = running_.find(dataset.name);
    if (found == running_.end()) {
      auto made = std::make_shared<const Dataset>(std::move(dataset));
      running_.emplace(made->name, made);
      news.to_start.push_back(std::move(made));
    } else if (found->second->fingerprint != dataset.fingerprint) {
      wrong.push_back(dataset.path + ": what dataset '" + dataset.name +
                      "' means has changed while it runs; the old definition stays in force. Put "
                      "it back, or give the changed one another dataset name");
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
