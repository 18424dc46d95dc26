#pragma once
// The definitions in force. Read again when a file in their folders changes: a new definition
// starts, a broken one is told with file, line and column while what runs goes on, one that is
// taken away takes no more files. A definition whose keys or fields change while it runs is refused:
// the records made by the old one would not fit. One whose reports change is taken: they are rebuilt
// from the records.
//
// Thread-safe.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "services/ingest/core/shard_task.h"

namespace sluice::ingest {

class Definitions final : public Datasets {
 public:
  struct Listener {
    std::function<void(const Dataset&)> in_force = [](const Dataset&) {};
    std::function<void(const std::string& message)> refused = [](const std::string&) {};
  };
  // `prepare` makes what a dataset needs (its topics) before any of its files is read; it may throw
  // TaskBroken (tried again at the next reload) or Unsafe (the dataset is refused).
  Definitions(std::vector<std::string> folders, std::function<void(const Dataset&)> prepare,
              Listener listener);

  // Reads what has changed. Returns whether every definition that was accepted is prepared.
  bool reload();
  std::shared_ptr<const Dataset> find(const std::string& name) override;
  // Also one whose topics are not made yet.
  std::shared_ptr<const Dataset> definition_of(const std::string& name) const;
  // Sentences on the definitions that are refused, or not in force as they stand.
  std::vector<std::string> refused() const;
  // The dataset that takes a file of this name; an Error lists the patterns there are.
  Result<std::string> dataset_of(const std::string& file_name);
  bool takes(const std::string& file_name) const;
  // Those that are prepared.
  std::vector<std::shared_ptr<const Dataset>> all() const override;

 private:
  struct Known {
    std::shared_ptr<const Dataset> dataset;
    bool prepared = false;
  };
  // What the folders hold, cheap to compare.
  std::string listing() const;
  void accept(std::vector<Dataset> loaded, const std::set<std::string>& broken_paths,
              std::set<std::string>& refusals);
  std::set<std::string> running_paths() const;
  bool prepare_new(std::set<std::string>& refusals);
  Result<std::string> match(const std::string& file_name) const;

  std::vector<std::string> folders_;
  std::function<void(const Dataset&)> prepare_;
  Listener listener_;
  std::mutex reloading_;
  std::string last_listing_;
  std::set<std::string> load_refusals_;
  mutable std::mutex mutex_;    // what follows
  std::set<std::string> told_;  // refusals that were told already
  std::map<std::string, Known> known_;
  // The last of all that ever were, by dataset.
  std::map<std::string, std::shared_ptr<const Dataset>> in_force_;
};

}  // namespace sluice::ingest
