#include "services/ingest/service.h"

#include <algorithm>
#include <filesystem>

#include "common/adapters/archive/entry_rules.h"
#include "common/adapters/kafka/group_consumers.h"
#include "common/adapters/kafka/kafka_admin.h"
#include "common/base/error.h"
#include "common/runtime/definition_check.h"
#include "services/ingest/core/retry_lines.h"

namespace sluice::ingest {
namespace {

constexpr const char* kTopicsOfDatasets = "the topics of a dataset (the log tells which)";

// The real path: the watcher does not follow links, and the folder itself may be one.
std::string made(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw ConfigError("cannot make the folder " + folder + ": " + error.message());
  return std::filesystem::canonical(folder);
}

WatcherSettings watcher_settings(const Settings& settings, Definitions& definitions) {
  WatcherSettings out;
  out.folder = made(settings.data_in());
  out.refuses_folder = [&definitions](const std::string& name) { return definitions.takes(name); };
  return out;
}

AnnouncerParts announcer_parts(const Settings& settings, Log& log, const Clock& clock,
                               FileSource& files, Definitions& definitions, Telemetry& telemetry,
                               Uploads& uploads,
                               std::function<void(int, const std::string&)>& fail) {
  AnnouncerParts parts{log, clock, Topics(settings.kafka.topic_prefix), files};
  parts.threads["upload"] = 2;
  parts.threads[std::string(kRetrySource)] = 1;
  parts.shards = settings.kafka.shards;
  parts.threads["s3"] = settings.s3.concurrency;
  parts.dataset_of = [&definitions](const std::string& name) {
    return definitions.dataset_of(name);
  };
  parts.definition_of = [&definitions](const std::string& name) {
    return definitions.definition_of(name);
  };
  parts.before_announce = [&uploads](const Announcement& file) { uploads.before_announce(file); };
  parts.on_announced = [&telemetry, &uploads](const Announcement& file) {
    telemetry.discovered(file);
    uploads.announced(file);
  };
  parts.on_trouble = [&telemetry](const std::string& message) { telemetry.trouble(message); };
  parts.on_fatal = [&fail](const std::string& message) { fail(1, message); };
  return parts;
}

S3SourceParts s3_source_parts(const Settings& settings, s3::Client& client,
                              Definitions& definitions, Telemetry& telemetry) {
  S3SourceParts parts{client, [&settings, &definitions](const std::string& bucket,
                                                        const std::string& key) {
                        const S3Targets targets(settings.s3, definitions.all());
                        const S3Target* target = targets.of(bucket, key);
                        return target == nullptr ? AfterReading::kKeep : target->after;
                      }};
  parts.on_trouble = [&telemetry](const std::string& message) { telemetry.s3_trouble(message); };
  return parts;
}

S3WatcherParts s3_watcher_parts(const Settings& settings, s3::Client& client, Log& log,
                                Definitions& definitions, S3FileSource& objects,
                                Announcer& announcer, Telemetry& telemetry) {
  S3WatcherParts parts{client, log, Topics(settings.kafka.topic_prefix)};
  parts.shards = settings.kafka.shards;
  parts.poll = std::chrono::milliseconds(settings.s3.poll_ms);
  parts.targets = [&settings, &definitions] { return S3Targets(settings.s3, definitions.all()); };
  parts.found = [&announcer](const std::vector<Sighting>& files) { announcer.found(files); };
  parts.settle_again = [&objects](const Announcement& file, bool read) {
    return (read ? objects.archive(file) : objects.reject(file, {})).has_value();
  };
  parts.on_trouble = [&telemetry](const std::string& message) { telemetry.s3_trouble(message); };
  return parts;
}

UploadsParts uploads_parts(const Settings& settings, const Clock& clock, Definitions& definitions,
                           Telemetry& telemetry, Announcer& announcer) {
  UploadsParts parts{made(settings.data_uploads()), settings.upload_limit_bytes, clock};
  parts.dataset = [&definitions](const std::string& declared, const std::string& name) {
    if (declared.empty()) {
      auto by_name = definitions.dataset_of(name.substr(name.rfind('/') + 1));
      // What an archive holds goes by the names there.
      return !by_name && archive::is_archive_name(name) ? Result<std::string>("") : by_name;
    }
    return definitions.find(declared) != nullptr
               ? Result<std::string>(declared)
               : fail("There is no dataset " + declared + " here.");
  };
  parts.first_line_of_retry = [&definitions](const std::string& name) -> Result<std::string> {
    definitions.reload();  // it is asked for when a definition has just been mended
    const auto dataset = definitions.find(name);
    if (dataset == nullptr) return fail("There is no dataset " + name + " here.");
    return first_line_of_retry(*dataset);
  };
  parts.found = [&announcer](const std::vector<Sighting>& files) { announcer.found(files); };
  parts.examine = [&definitions](const ExaminedFile& file) {
    return examine_file(file, definitions.all());
  };
  parts.announce_again = [&announcer](const Announcement& file) { announcer.announce_again(file); };
  parts.on_trouble = [&telemetry](const std::string& message) { telemetry.trouble(message); };
  return parts;
}

}  // namespace

Service::Service(const Settings& settings, Metrics& metrics, const Clock& clock,
                 std::function<void(int, const std::string&)> fail)
    : settings_(settings),
      metrics_(metrics),
      clock_(clock),
      fail_(std::move(fail)),
      topics_(settings.kafka.topic_prefix),
      log_(settings.kafka),
      files_seen_(log_, clock, topics_.files()),
      telemetry_(metrics, clock),
      pool_(std::max(settings.threads, 1)),
      folder_(made(settings.data_in()), made(settings.data_archive()), made(settings.data_failed())),
      uploaded_(made(settings.data_uploads()), made(settings.data_archive()),
                made(settings.data_failed()), true),
      definitions_(
          settings.definitions, [this](const Dataset& dataset) { prepare_dataset(dataset); },
          {[this](const Dataset& dataset) {
             telemetry_.definition_loaded(dataset.name, dataset.path);
           },
           [this](const std::string& message) { telemetry_.definition_refused(message); }}),
      s3_(settings.s3, s3::process_environment()),
      objects_(s3_source_parts(settings_, s3_, definitions_, telemetry_)),
      announcer_(announcer_parts(settings, log_, clock, unpacked_, definitions_, telemetry_, uploads_,
                                 fail_)),
      uploads_(uploads_parts(settings, clock, definitions_, telemetry_, announcer_)),
      watcher_(watcher_settings(settings, definitions_), clock,
               [this](const std::vector<Sighting>& files) { announcer_.found(files); }),
      s3_watcher_(s3_watcher_parts(settings_, s3_, log_, definitions_, objects_, announcer_,
                                   telemetry_)) {
  files_.add("s3", objects_);
  files_.add("folder", folder_);
  files_.add("upload", uploaded_);
  files_.add(std::string(kRetrySource), uploaded_);
}

Service::~Service() { stop(); }

void Service::start() {
  thread_ = std::thread([this] { run(); });
}

void Service::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  s3_.stop();         // what is under way in a bucket is taken up at the next start
  announcer_.stop();  // then: it ends what the others may be waiting for
  uploads_.stop();
  watcher_.stop();
  s3_watcher_.stop();
  for (const auto& worker : workers_) worker->stop();
  objects_.stop();
  files_seen_.stop();
}

std::string Service::not_ready() const {
  const std::lock_guard lock(mutex_);
  if (!waiting_for_.empty()) return "waiting for " + waiting_for_;
  for (const auto& worker : workers_) {
    std::string reason = worker->not_ready();
    if (!reason.empty()) return reason;
  }
  return {};
}

void Service::set_waiting(std::string why) {
  const std::lock_guard lock(mutex_);
  waiting_for_ = std::move(why);
}

bool Service::wait_a_second() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_.load(); });
  return !stopping_;
}

void Service::run() {
  try {
    while (!prepare_topics()) {
      if (!wait_a_second()) return;
    }
    // One that cannot be prepared yet keeps no other from being worked for.
    files_seen_.start();
    bool prepared = definitions_.reload();
    start_workers();
    announcer_.start();
    uploads_.start();
    watcher_.start();
    objects_.start();
    s3_watcher_.start();
    set_waiting(prepared ? "" : kTopicsOfDatasets);
    while (wait_a_second()) {
      prepared = definitions_.reload();
      set_waiting(prepared ? "" : kTopicsOfDatasets);
      telemetry_.refresh();
    }
  } catch (const Unsafe& unsafe) {
    fail_(3, unsafe.what());
  } catch (const std::exception& error) {
    fail_(1, error.what());
  }
}

bool Service::prepare_topics() {
  try {
    kafka::KafkaAdmin(settings_.kafka)
        .ensure_topics(installation_topics(topics_, settings_.kafka.shards));
    return true;
  } catch (const TaskBroken& broken) {
    set_waiting(std::string("Kafka: ") + broken.what());
    return false;
  }
}

void Service::prepare_dataset(const Dataset& dataset) {
  generations_.look();
  std::vector<TopicSettings> needed = record_topics(topics_, dataset.name, dataset.partitions);
  if (!generations_.find(dataset.name)) {
    std::vector<std::string> reports;
    for (const ReportSpec& report : dataset.reports) reports.push_back(report.name);
    needed = dataset_topics(topics_, dataset.name, reports, dataset.partitions, has_entities(dataset));
  }
  kafka::KafkaAdmin(settings_.kafka).ensure_topics(needed);
  check_definition_fits(log_, topics_, generations_, dataset);
}

void Service::start_workers() {
  const std::string group = topics_.prefix() + "-ingest";
  WorkerParts parts;
  for (int i = 0; i < std::clamp(settings_.threads, 1, settings_.kafka.shards); ++i) {
    const std::string member =
        settings_.instance.empty() ? "" : settings_.instance + "-" + std::to_string(i);
    parts.join = [this, group, member](const std::vector<std::string>& topics) {
      return std::make_unique<kafka::KafkaGroupMember>(settings_.kafka, group, member, topics);
    };
    parts.reader = [this] { return std::make_unique<kafka::KafkaPositionReader>(settings_.kafka); };
    auto worker = std::make_unique<PartitionWorker>("ingest-" + std::to_string(i), *this, parts,
                                                    clock_, metrics_);
    worker->on_fatal = [this](const std::string& message) { fail_(1, message); };
    worker->start();
    const std::lock_guard lock(mutex_);
    workers_.push_back(std::move(worker));
  }
}

std::vector<TaskKind> Service::kinds() const {
  return {{"ingest", {topics_.announcements(), topics_.file_counts()}, settings_.kafka.shards}};
}

std::unique_ptr<Task> Service::make(const TaskId& id) {
  return std::make_unique<ShardTask>(
      ShardParts{log_, unpacked_, definitions_, pool_, clock_, telemetry_, topics_, files_seen_}, id.partition);
}

}  // namespace sluice::ingest
