#pragma once
// What a fresh look at the definition files means for the pipelines that run. Pure.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "common/definition/definition_parser.h"

namespace sluice::transform {

class DefinitionChanges {
 public:
  struct News {
    std::vector<std::shared_ptr<const Dataset>> to_start;
    std::vector<std::string> complaints;  // sentences, each told once until it changes
  };
  // A definition that is new is started. One that is broken, gone, or now means something else leaves
  // its running pipeline as it is, with a complaint.
  News look(LoadedDefinitions loaded);
  // The sentences of the last look, told before or not.
  const std::set<std::string>& wrong() const { return told_; }
  bool is_running(const std::string& dataset) const { return running_.contains(dataset); }
  std::set<std::string> running_paths() const;
  // The dataset could not be started; the next look names it again.
  void not_started(const std::string& dataset) { running_.erase(dataset); }

 private:
  std::map<std::string, std::shared_ptr<const Dataset>> running_;
  std::set<std::string> told_;
};

}  // namespace sluice::transform
