#pragma once
// The whole pipeline in one process on one thread: every task of ingest and transform (and the loader's
// table), the log and the disks in memory, and a seed that decides what happens next: who gets how much
// input, who commits, who is killed between which two durable effects, what is compacted, when markers
// arrive. The same seed is the same run.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/dead_letter.h"
#include "common/model/topics.h"
#include "common/ports/task.h"
#include "common/ports/watermarks.h"
#include "services/ingest/core/shard_task.h"
#include "services/transform/core/topology.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/memory_folder.h"
#include "tests/simulation/memory_table.h"
#include "tests/support/bookings.h"
#include "tests/support/memory_log.h"
#include "tests/support/memory_state_store.h"

namespace sluice::testing {

class World {
 public:
  explicit World(std::uint64_t seed, const std::string& definition = bookings_definition());
  ~World();

  // Puts the files in the folder and announces each, some more than once, in an order of the seed's.
  void deliver(const std::vector<BookingFile>& files);
  // From here on ingest reads files by this one.
  void mend(const std::string& definition);
  // Announces a retry of the dead letters that are open now and can be retried; nothing if there are none.
  void retry();
  // That many random events.
  void run(int events);
  // No more faults; everything that is started, started again until nothing is left to do.
  void settle();

  SeededFaults& faults() { return faults_; }
  MemoryLog& log() { return log_; }
  const MemoryFolder& folder() const { return folder_; }
  const MemoryTable& table() const { return table_; }
  const Topics& topics() const { return topics_; }

  // What the log holds, as a reader of the topics sees it.
  std::map<std::string, FileEntry> ledger() const;
  Report report_in_rows_topic() const;
  std::size_t messages(const std::string& topic) const;
  // By id, as the loader's table would hold them: those that no retry has settled.
  std::map<std::string, DeadLetter> open_letters() const;
  std::uint64_t restarts() const { return restarts_; }

 private:
  class FixedDatasets final : public ingest::Datasets {
   public:
    std::shared_ptr<const Dataset> dataset;
    std::shared_ptr<const Dataset> find(const std::string& name) override {
      return dataset->name == name ? dataset : nullptr;
    }
    std::vector<std::shared_ptr<const Dataset>> all() const override { return {dataset}; }
  };
  // A process slot: the task that runs there, its inputs, and the machine whose disk it uses.
  struct Slot {
    TaskId id;
    std::vector<std::string> topics;
    std::unique_ptr<Task> task;
    std::map<TopicPartition, std::int64_t> positions;
    std::size_t machine = 0;
  };
  struct Parts;

  std::unique_ptr<Task> make(const TaskId& id, std::size_t machine);
  bool ensure_started(Slot& slot);
  // Runs a step of the slot's task; what it throws ends the task as it would end a process.
  template <typename Step>
  bool guarded(Slot& slot, Step step);
  bool feed(Slot& slot, const std::string& topic, std::size_t max_records);
  void lose(Slot& slot, bool process_died);
  void random_event();
  Announcement put(const std::string& name, const std::string& content, const std::string& source);
  void announce(const Announcement& file);
  std::string store_name(const Slot& slot) const;

  SeededFaults faults_;
  MemoryLog log_;
  MemoryFolder folder_;
  MemoryTable table_;
  Topics topics_{"sim"};
  ManualClock clock_;
  NoWatermarks watermarks_;
  FixedDatasets datasets_;
  ingest::ParsePool pool_{0};
  ingest::IngestEvents ingest_events_;
  transform::TransformEvents transform_events_;
  std::vector<std::unique_ptr<MemoryStateStores>> machines_;
  std::vector<std::unique_ptr<transform::TransformTasks>> transforms_;  // one per machine
  std::vector<Slot> slots_;
  // Processes that were taken for dead and are not: they wake up later and must be fenced.
  std::vector<Slot> zombies_;
  std::uint64_t restarts_ = 0;
  std::uint64_t place_ = 0;  // of the next file
};

}  // namespace sluice::testing
