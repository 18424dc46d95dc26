#pragma once
// The parts of ingest and their order: topics and definitions first (waiting for Kafka as long as
// it takes), then the shard tasks, then what finds files. While it runs, it reads changed
// definitions.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/adapters/kafka/kafka_log.h"
#include "common/base/clock.h"
#include "common/config/settings.h"
#include "common/runtime/file_follower.h"
#include "common/runtime/generations_watch.h"
#include "common/runtime/partition_worker.h"
#include "common/telemetry/metrics.h"
#include "services/ingest/announcer.h"
#include "services/ingest/core/parse_pool.h"
#include "services/ingest/core/shard_task.h"
#include "services/ingest/core/sources.h"
#include "services/ingest/definitions.h"
#include "services/ingest/disk_file_source.h"
#include "services/ingest/folder_watcher.h"
#include "services/ingest/s3_file_source.h"
#include "services/ingest/s3_watcher.h"
#include "services/ingest/telemetry.h"
#include "services/ingest/unpacking_source.h"
#include "services/ingest/uploads.h"

namespace sluice::ingest {

class Service final : public TaskFactory {
 public:
  // Makes the folders; throws ConfigError if it cannot. `fail` ends the process with an exit code.
  Service(const Settings& settings, Metrics& metrics, const Clock& clock,
          std::function<void(int exit_code, const std::string& message)> fail);
  ~Service() override;
  void start();
  void stop();
  // Empty when everything runs, else what does not and why. Any thread.
  std::string not_ready() const;
  // Sentences on the definitions that are refused, or not in force as they stand.
  std::vector<std::string> refused_definitions() const { return definitions_.refused(); }
  // Objects that were put into a bucket, as an event says. Returns how many are sources. Any thread.
  std::size_t hint(const HintedObjects& objects) { return s3_watcher_.hint(objects); }

  // For the HTTP server; any thread.
  Uploads& uploads() { return uploads_; }

  // For the workers.
  std::vector<TaskKind> kinds() const override;
  std::unique_ptr<Task> make(const TaskId& id) override;

 private:
  void run();
  bool prepare_topics();
  void start_workers();
  void prepare_dataset(const Dataset& dataset);
  bool wait_a_second();
  void set_waiting(std::string why);

  Settings settings_;
  Metrics& metrics_;
  const Clock& clock_;
  std::function<void(int, const std::string&)> fail_;
  Topics topics_;
  kafka::KafkaLog log_;
  FileFollower files_seen_;  // for definitions that refuse late rows, of which one may come at any time
  GenerationsWatch generations_{log_, topics_};
  Telemetry telemetry_;
  ParsePool pool_;
  DiskFileSource folder_;
  DiskFileSource uploaded_;
  Sources files_;
  UnpackingSource unpacked_{files_};
  Definitions definitions_;
  s3::Client s3_;
  S3FileSource objects_;
  Announcer announcer_;
  Uploads uploads_;
  FolderWatcher watcher_;
  S3Watcher s3_watcher_;
  mutable std::mutex mutex_;  // waiting_for_, workers_
  std::condition_variable wake_;
  std::string waiting_for_ = "Kafka";
  std::vector<std::unique_ptr<PartitionWorker>> workers_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::ingest
