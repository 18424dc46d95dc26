#pragma once
// What this process loads: the ledger of files, and each dataset of the definitions, which are
// looked at every second. A new one gets its tables and workers; a broken one is logged and changes
// nothing that runs.
//
// Each dataset has workers and a consumer group of its own, so that a new one does not rebalance
// the others; and so has each of its generations but the first: that one's rows are loaded beside its dead letters. A
// generation that is being built is loaded too, into tables beside the report's.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/definition/definition_parser.h"
#include "common/model/generations.h"
#include "common/runtime/partition_worker.h"
#include "services/loader/core/loader_task.h"

namespace sluice::loader {

class Pipelines {
 public:
  struct Parts {
    std::vector<std::string> definition_folders;
    int workers = 1;  // per dataset
    std::int32_t shards = 1;
    const Topics& topics;
    LoaderTask::Parts tasks;
    Metrics& metrics;
    // Makes the installation's topics, and those of a dataset's first generation (null: none), or checks them and that
    // the dataset's definition is that of its state; throws.
    std::function<void(const Dataset*)> ensure_topics;
    // Makes the tables or checks them; throws ConnectionLost while the database is away.
    std::function<void(const std::vector<TablePlan>&)> ensure_tables;
    // The same for the rows of a generation; TaskBroken if it is no more, or its topics are not there.
    std::function<void(const Topics&, const Dataset&, std::vector<TablePlan>)> ensure_generation;
    // What generations there are; throws ConnectionLost.
    std::function<GenerationsByDataset()> generations;
    // A dataset's first generation runs by this definition.
    std::function<void(const Dataset&)> note_first_generation;
    // All good definitions, as the files have them now.
    std::function<void(const std::vector<std::shared_ptr<const Dataset>>&)> defined;
    // Every hour: keeps the product's own tables small; may throw.
    std::function<void()> housekeeping;
    std::function<WorkerParts(const std::string& group, int worker)> consumers;
    // The reports with a CSV sink or an export of all datasets that run.
    std::function<void(const std::vector<ReportSpec>&)> written_reports;
    std::function<void(const std::string& message)> on_fatal;  // on a worker's thread
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
    std::string name;  // "bookings", "bookings-g2", "files"
    std::unique_ptr<LoaderTasks> tasks;
    std::vector<std::unique_ptr<PartitionWorker>> workers;
  };
  void watch(const std::stop_token& stop);
  void look();
  void keep_house();
  // Logs a sentence unless it was logged at the last look too.
  void complain(const std::string& sentence);
  // Runs what a start throws, and tells it; whether it did start.
  using Starting = std::function<void()>;
  bool start(const std::string& what, const Starting& launching);
  void refuse(const std::string& sentence);
  void look_at(const std::shared_ptr<const Dataset>& file, const DatasetGenerations* generations);
  void run_generation(const std::shared_ptr<const Dataset>& dataset, int generation);
  void launch(const std::string& name, const std::string& group, std::vector<Target> targets);
  void end(const std::string& name);

  Parts parts_;
  // The watching thread's:
  std::map<std::string, std::shared_ptr<const Dataset>> running_;  // by the live definition
  std::map<std::string, bool> base_has_rows_;                      // of each dataset's pipeline without a number
  std::set<std::string> generations_running_;                      // "bookings-g2"
  bool files_running_ = false;
  std::string look_trouble_;
  std::vector<std::string> look_refused_;
  Clock::Steady next_housekeeping_{};
  std::set<std::string> told_, told_now_;
  // Under the mutex:
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<Pipeline> pipelines_;
  std::vector<std::string> refused_;
  std::string trouble_ = "the definitions have not been read yet";
  std::jthread watcher_;
};

}  // namespace sluice::loader
