#pragma once
// The datasets that this process transforms. Their definitions and generations are looked at every second: a new file
// starts a pipeline, a broken one is logged and changes nothing that runs; a generation that is being built runs beside
// the live one, and one that is neither any more is stopped, and its state on this disk removed.
//
// Each has workers and a consumer group of its own ("<prefix>-transform-<dataset>", of later generations with "-g2"). One group
// for all would be fewer connections, but a new dataset would then rebalance every other, and a
// worker learns its kinds of tasks only when it is made.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/definition/definition.h"
#include "common/runtime/generations_watch.h"
#include "common/runtime/partition_worker.h"
#include "services/transform/core/definition_changes.h"
#include "services/transform/core/topology.h"

namespace sluice::transform {

class Pipelines {
 public:
  struct Parts {
    std::vector<std::string> definition_folders;
    int workers = 1;  // per dataset
    const Topics& topics;  // of the first generation
    Log& log;
    StateStores& stores;
    const Clock& clock;
    TransformEvents& events;
    const Watermarks& watermarks;
    Metrics& metrics;
    GenerationsWatch& generations;
    // Makes the installation's topics or checks that they are what they must be; throws.
    std::function<void()> ensure_installation;
    // The same of a generation of a dataset, and that its definition is that of its state.
    std::function<void(const Topics&, const Dataset&)> ensure_topics;
    // Takes off the feeds that came after the dataset's first records; throws. Topics are made.
    std::function<void(Dataset&)> drop_late_feeds;
    // Removes the local state of all generations but those that are known, and `running`; may throw.
    std::function<void(const GenerationsByDataset& known, const std::set<PipelineId>& running)> remove_old_state;
    // The consumers of a group's worker, of which this process has several, from 0.
    std::function<WorkerParts(const std::string& group, int worker)> consumers;
    // Called on a worker's thread with what it cannot survive.
    std::function<void(const std::string& message)> on_fatal;
  };
  // What the parts refer to outlives this.
  explicit Pipelines(Parts parts);
  ~Pipelines();

  void start();
  void stop();  // every task commits; at most 20 s
  // Any thread: empty, or what is not running and why.
  std::string not_ready() const;
  // Any thread: sentences on the definitions that are refused, or not in force as they stand.
  std::vector<std::string> refused_definitions() const;

 private:
  struct Pipeline {
    PipelineId id;
    std::unique_ptr<Topics> topics;  // of its generation
    std::shared_ptr<const Dataset> dataset;
    std::unique_ptr<TransformTasks> tasks;
    std::vector<std::unique_ptr<PartitionWorker>> workers;
  };
  void watch(const std::stop_token& stop);
  void look();
  LoadedDefinitions load();
  void launch(const DefinitionChanges::Start& start);
  void end(const PipelineId& id);
  void clean(const GenerationsByDataset& known);

  Parts parts_;
  // The watching thread's:
  DefinitionChanges changes_;
  bool generations_read_ = false;
  GenerationsByDataset cleaned_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Pipeline> pipelines_;
  std::vector<std::string> refused_;
  std::set<std::string> told_;  // of those that could not start; by the looking thread
  std::string trouble_ = "the definitions have not been read yet";
  std::jthread watcher_;
};

}  // namespace sluice::transform
