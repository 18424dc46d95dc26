#pragma once
// What a fresh look at the definition files and at the generations means for the pipelines that run. Pure.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/definition/definition.h"
#include "common/definition/definition_parser.h"
#include "common/model/generations.h"

namespace sluice::transform {

using PipelineId = std::pair<std::string, int>;  // dataset, generation

class DefinitionChanges {
 public:
  struct Start {
    std::shared_ptr<const Dataset> dataset;
    int generation = 1;
    Beginning from{};
  };
  struct News {
    std::vector<Start> to_start;
    std::vector<PipelineId> to_stop;      // superseded, or dropped
    std::vector<std::string> complaints;  // sentences, each told once until it changes
  };
  // A definition that is new is started. One that is broken, gone, or now means something else leaves its running
  // pipeline as it is, with a complaint. Of a dataset with generations the live one and the one that is built beside it
  // run, each by the definition that was kept with it.
  News look(LoadedDefinitions loaded, const GenerationsByDataset& generations = {});
  // The sentences of the last look, told before or not.
  const std::set<std::string>& wrong() const { return told_; }
  bool is_running(const std::string& dataset) const;
  std::set<std::string> running_paths() const;
  // The pipeline could not be started; the next look names it again.
  void not_started(const PipelineId& pipeline) { running_.erase(pipeline); }

 private:
  void look_at(Dataset dataset, const DatasetGenerations& generations, News& news,
               std::vector<std::string>& wrong);
  void look_at_first(Dataset dataset, News& news, std::vector<std::string>& wrong);
  void start(std::shared_ptr<const Dataset> dataset, const Generation& generation, News& news);
  const Dataset* any_running(const std::string& dataset) const;

  std::map<PipelineId, std::shared_ptr<const Dataset>> running_;
  std::set<std::string> told_;
};

}  // namespace sluice::transform
