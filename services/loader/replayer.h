#pragma once
// Sees replays through, on one thread, in one of the installation's loaders: does what core/replay_plan.h says next, tells
// the other services in the generations' topic which generations there are, and asks by itself for a rebuild where a
// definition's reports have changed. What it knows stands in PostgreSQL; whoever leads next goes on from there.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/definition/definition.h"
#include "common/model/topics.h"
#include "common/ports/log.h"
#include "services/loader/core/replay_plan.h"
#include "services/loader/election.h"
#include "services/loader/replay_swap.h"

namespace sluice::loader {

// On the replayer's thread.
class ReplayEvents {
 public:
  virtual ~ReplayEvents() = default;
  virtual void replay_ended(const std::string& dataset, const std::string& outcome) = 0;
  virtual void replay_behind(const std::string& dataset, std::int64_t messages) = 0;
};

class Replayer {
 public:
  struct Parts {
    std::string postgres_url;
    const Topics& topics;
    Log& log;
    ReplayEvents& events;
    // Of the broker; each throws TaskBroken while it is away.
    std::function<void(const std::vector<TopicSettings>&)> make_topics;
    std::function<void(const Garbage&)> remove;
    std::function<std::vector<Position>(const std::string& group, const std::vector<TopicPartition>&)> committed;
  };
  explicit Replayer(Parts parts);
  ~Replayer();

  void start();
  void stop();
  // From any thread: what the definition files say now.
  void set_definitions(std::vector<std::shared_ptr<const Dataset>> datasets);

 private:
  using Definitions = std::map<std::string, std::shared_ptr<const Dataset>>;
  void run(const std::stop_token& stop);
  void look();
  void take_office();
  void request_changed(postgres::Connection& connection, const GenerationsByDataset& generations);
  void publish(const GenerationsByDataset& generations);
  void see_to(postgres::Connection& connection, const Replay& replay, const DatasetGenerations& generations);
  void begin(postgres::Connection& connection, const Replay& replay, const DatasetGenerations& generations);
  void let_go(postgres::Connection& connection, const Replay& replay, const postgres::SqlError& error);
  void compare_and_decide(postgres::Connection& connection, const Replay& replay, const Contenders& contenders);
  void send_cut(const Replay& replay, const DatasetGenerations& generations, const Dataset& dataset);
  void remove(postgres::Connection& connection, const Replay& replay);
  std::shared_ptr<const Dataset> definition_of(const Generation& generation, const std::string& dataset) const;
  Contenders contenders_of(const Replay& replay, const DatasetGenerations& generations) const;
  ReplaySeen seen_of(postgres::Connection& connection, const Replay& replay, const DatasetGenerations& generations,
                     const Contenders& contenders);
  std::vector<HopProgress> progress_of(postgres::Connection& connection, const Dataset& dataset, const Topics& topics,
                                       const Beginning& from);
  std::map<TopicPartition, std::int64_t> positions_of(postgres::Connection& connection, const std::vector<Position>& known,
                                                      const std::vector<std::string>& rows) const;
  bool all_held(const Dataset& dataset, const Topics& topics, int cut);
  bool all_flushed(postgres::Connection& connection, const Dataset& dataset, const Topics& topics);
  bool nothing_between(const TopicPartition& partition, std::int64_t from);

  Parts parts_;
  std::string app_;
  Election election_;
  // The thread's:
  int term_ = 0;
  std::unique_ptr<TransactionalProducer> producer_;  // fences those of older leaders
  std::unique_ptr<LogReader> reader_;
  GenerationsByDataset published_;
  std::map<std::string, int> cut_sent_;  // by dataset, in this term
  std::string told_;
  Definitions definitions_;
  // Under the mutex:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<std::vector<std::shared_ptr<const Dataset>>> new_definitions_;
  std::jthread thread_;
};

}  // namespace sluice::loader
