// sluice-transform: records become report rows, exactly once.

#include <memory>

#include "common/adapters/kafka/group_consumers.h"
#include "common/adapters/kafka/kafka_admin.h"
#include "common/adapters/kafka/kafka_log.h"
#include "common/adapters/rocksdb/rocksdb_stores.h"
#include "common/base/error.h"
#include "common/runtime/definition_check.h"
#include "common/runtime/file_follower.h"
#include "common/runtime/service_host.h"
#include "services/transform/old_state.h"
#include "services/transform/pipelines.h"
#include "services/transform/telemetry.h"

namespace {

namespace kafka = sluice::kafka;
using sluice::Settings;

void ensure_topics(const Settings& settings, const sluice::Topics& topics,
                   const sluice::Dataset& dataset) {
  kafka::KafkaAdmin admin(settings.kafka);
  std::vector<std::string> reports;
  for (const auto& report : dataset.reports) reports.push_back(report.name);
  if (topics.generation() > 1) {
    // Made by whoever builds it; one that is missing is being removed.
    for (const sluice::TopicSettings& topic : sluice::generation_topics(topics, dataset.name, reports, dataset.partitions,
                                                                        has_entities(dataset))) {
      if (admin.partition_count(topic.name) == topic.partitions) continue;
      throw sluice::TaskBroken("topic " + topic.name + " is not there yet, or no more");
    }
    return;
  }
  admin.ensure_topics(
      sluice::dataset_topics(topics, dataset.name, reports, dataset.partitions,
                             has_entities(dataset)));
  // Those of the datasets that look this one up, which may start later.
  for (const sluice::FeedSpec& feed : dataset.feeds) {
    admin.ensure_topics(sluice::entity_topics(topics, feed.dataset, feed.partitions));
  }
}

sluice::WorkerParts consumers(const Settings& settings, const std::string& group, int worker) {
  // Each worker is a member of its own and needs a name of its own.
  const std::string instance =
      settings.instance.empty() ? "" : settings.instance + "-" + std::to_string(worker);
  sluice::WorkerParts parts;
  parts.join = [&settings, group, instance](const std::vector<std::string>& topics) {
    return std::make_unique<kafka::KafkaGroupMember>(settings.kafka, group, instance, topics);
  };
  parts.reader = [&settings] {
    return std::make_unique<kafka::KafkaPositionReader>(settings.kafka);
  };
  return parts;
}

struct Transform {
  explicit Transform(sluice::ServiceHost& host)
      : settings(host.settings()),
        topics(settings.kafka.topic_prefix),
        log(settings.kafka),
        generations(log, topics),
        stores(settings.state_dir()),
        telemetry(host.metrics()),
        files_seen(log, host.clock(), topics.files()),
        pipelines({.definition_folders = settings.definitions,
                   .workers = settings.threads,
                   .topics = topics,
                   .log = log,
                   .stores = stores,
                   .clock = host.clock(),
                   .events = telemetry,
                   .watermarks = files_seen,
                   .metrics = host.metrics(),
                   .generations = generations,
                   .ensure_installation =
                       [this] {
                         kafka::KafkaAdmin(settings.kafka)
                             .ensure_topics(sluice::installation_topics(topics, settings.kafka.shards));
                       },
                   .ensure_topics =
                       [this](const sluice::Topics& of_generation, const sluice::Dataset& dataset) {
                         ensure_topics(settings, of_generation, dataset);
                         sluice::check_definition(log, of_generation, dataset);
                       },
                   .drop_late_feeds =
                       [this](sluice::Dataset& dataset) {
                         sluice::drop_late_feeds(log, topics, dataset);
                       },
                   .remove_old_state =
                       [this](const sluice::GenerationsByDataset& known,
                              const std::set<sluice::transform::PipelineId>& running) {
                         sluice::transform::remove_old_state(settings.state_dir(), known, running);
                       },
                   .consumers =
                       [this](const std::string& group, int worker) {
                         return consumers(settings, group, worker);
                       },
                   .on_fatal =
                       [&host](const std::string& message) { host.fail(1, message); }}) {}

  Settings settings;
  sluice::Topics topics;
  kafka::KafkaLog log;
  sluice::GenerationsWatch generations;
  sluice::RocksdbStores stores;
  sluice::transform::Telemetry telemetry;
  sluice::FileFollower files_seen;
  sluice::transform::Pipelines pipelines;
};

}  // namespace

int main(int argc, char** argv) {
  return sluice::run_service("transform", argc, argv, [](sluice::ServiceHost& host) {
    auto transform = std::make_shared<Transform>(host);
    host.metrics().watch_disk("state", host.settings().state_dir());
    host.ready_when("pipelines", [transform] { return transform->pipelines.not_ready(); });
    host.tell_definitions([transform] { return transform->pipelines.refused_definitions(); });
    host.add_part(
        "pipelines",
        [transform] {
          transform->files_seen.start();
          transform->pipelines.start();
        },
        [transform] {
          transform->pipelines.stop();
          transform->files_seen.stop();
        });
  });
}
