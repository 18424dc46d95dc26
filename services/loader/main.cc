// sluice-loader: report rows, receipts and dead letters become tables in PostgreSQL and CSV files,
// exactly once; and on request or on a schedule exports in CSV and Parquet, in a folder or a bucket.

#include <unistd.h>

#include <memory>

#include "common/adapters/kafka/group_consumers.h"
#include "common/adapters/kafka/kafka_admin.h"
#include "common/adapters/kafka/kafka_log.h"
#include "common/runtime/definition_check.h"
#include "common/runtime/service_host.h"
#include "common/telemetry/log.h"
#include "services/loader/csv_export.h"
#include "services/loader/exporter.h"
#include "services/loader/folder_place.h"
#include "services/loader/pipelines.h"
#include "services/loader/postgres_row_store.h"
#include "services/loader/replay_requests.h"
#include "services/loader/replayer.h"
#include "services/loader/s3_place.h"
#include "services/loader/schema.h"
#include "services/loader/telemetry.h"

namespace {

namespace kafka = sluice::kafka;
using sluice::Settings;

void ensure_topics(const Settings& settings, const sluice::Topics& topics,
                   const sluice::Dataset* dataset) {
  kafka::KafkaAdmin admin(settings.kafka);
  admin.ensure_topics(sluice::installation_topics(topics, settings.kafka.shards));
  if (dataset == nullptr) return;
  std::vector<std::string> reports;
  for (const auto& report : dataset->reports) reports.push_back(report.name);
  admin.ensure_topics(sluice::dataset_topics(topics, dataset->name, reports, dataset->partitions,
                                            has_entities(*dataset)));
}

void ensure_tables(const Settings& settings, const std::vector<sluice::loader::TablePlan>& tables) {
  sluice::postgres::Connection connection(settings.postgres_url, "sluice-loader tables");
  sluice::loader::prepare_session(connection);
  sluice::loader::prepare_tables(connection, tables);
}

// Its topics are made by whoever leads; one that is missing is being removed.
void ensure_generation(const Settings& settings, const sluice::Topics& topics, const sluice::Dataset& dataset,
                       std::vector<sluice::loader::TablePlan> tables) {
  kafka::KafkaAdmin admin(settings.kafka);
  for (const auto& report : dataset.reports) {
    if (admin.partition_count(topics.rows(report.name)) == dataset.partitions) continue;
    throw sluice::TaskBroken("topic " + topics.rows(report.name) + " is not there yet, or no more");
  }
  sluice::postgres::Connection connection(settings.postgres_url, "sluice-loader tables");
  sluice::loader::prepare_session(connection);
  sluice::loader::prepare_generation(connection, dataset.name, topics.generation(), std::move(tables));
}

void purge(const Settings& settings) {
  sluice::postgres::Connection connection(settings.postgres_url, "sluice-loader housekeeping");
  sluice::loader::prepare_session(connection);
  sluice::loader::purge_exports(connection);
  const std::uint64_t purged = sluice::loader::purge_tombstones(connection);
  if (purged > 0) sluice::log::info("old deletions forgotten", {{"rows", purged}});
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

// For people who look at _sluice.positions.
std::string owner_name(const Settings& settings) {
  std::string host(256, '\0');
  ::gethostname(host.data(), host.size() - 1);
  host.resize(host.find('\0'));
  return (settings.instance.empty() ? host : settings.instance) + "/" + std::to_string(::getpid());
}

// A changed table is counted, and its CSV file follows at once.
class Events final : public sluice::loader::LoaderEvents {
 public:
  Events(sluice::loader::Telemetry& telemetry, sluice::loader::CsvExporter& exporter)
      : telemetry_(telemetry), exporter_(exporter) {}

  void committed(const sluice::loader::Target& target, std::uint64_t messages,
                 const sluice::loader::Written& written, double seconds) override {
    telemetry_.committed(target, messages, written, seconds);
    if (target.report != nullptr && written.upserted + written.deleted > 0)
      exporter_.table_changed();
  }
  void rows_readable(const sluice::loader::Target& target, double oldest_seconds) override {
    telemetry_.rows_readable(target, oldest_seconds);
  }
  void receipt_readable(const sluice::FileEntry& receipt, double seconds) override {
    telemetry_.receipt_readable(receipt, seconds);
  }

 private:
  sluice::loader::Telemetry& telemetry_;
  sluice::loader::CsvExporter& exporter_;
};

std::unique_ptr<sluice::loader::ExportPlace> place_for(const Settings& settings,
                                                       sluice::s3::Client& client,
                                                       const sluice::ExportSpec& spec) {
  if (!spec.to_s3) {
    return std::make_unique<sluice::loader::FolderPlace>(settings.data_out() + "/" + spec.place);
  }
  const std::string bucket = spec.bucket.empty() ? settings.s3.bucket : spec.bucket;
  if (bucket.empty()) {
    throw sluice::loader::ExportRefused(
        "the installation has no bucket: set SLUICE_S3_BUCKET, or name one in the definition's "
        "export");
  }
  return std::make_unique<sluice::loader::S3Place>(client, bucket, spec.place);
}

struct Loader {
  explicit Loader(sluice::ServiceHost& host)
      : settings(host.settings()),
        topics(settings.kafka.topic_prefix),
        log(settings.kafka),
        stores(settings.postgres_url, topics.prefix() + "-loader", owner_name(settings)),
        telemetry(host.metrics()),
        exporter(settings.postgres_url, topics.prefix(), settings.data_out(),
                 [this](const std::string& report) { telemetry.exported(report); }),
        s3(settings.s3, sluice::s3::process_environment()),
        exports({.postgres_url = settings.postgres_url,
                 .installation = topics.prefix(),
                 .clock = host.clock(),
                 .place =
                     [this](const sluice::ExportSpec& spec) {
                       return place_for(settings, s3, spec);
                     },
                 .events = telemetry}),
        replayer({.postgres_url = settings.postgres_url,
                  .topics = topics,
                  .log = log,
                  .events = telemetry,
                  .make_topics =
                      [this](const std::vector<sluice::TopicSettings>& wanted) {
                        kafka::KafkaAdmin(settings.kafka).ensure_topics(wanted);
                      },
                  .remove =
                      [this](const sluice::loader::Garbage& garbage) {
                        kafka::KafkaAdmin broker(settings.kafka);
                        broker.remove_groups(garbage.groups);  // fails while one of its tasks runs
                        broker.remove_topics(garbage.topics);
                      },
                  .committed =
                      [this](const std::string& group,
                             const std::vector<sluice::TopicPartition>& partitions) {
                        if (!admin) admin = std::make_unique<kafka::KafkaAdmin>(settings.kafka);
                        return admin->committed(group, partitions);
                      }}),
        events(telemetry, exporter),
        pipelines({.definition_folders = settings.definitions,
                   .workers = settings.threads,
                   .shards = settings.kafka.shards,
                   .topics = topics,
                   .tasks = {log, stores, host.clock(), events},
                   .metrics = host.metrics(),
                   .ensure_topics =
                       [this](const sluice::Dataset* dataset) {
                         ensure_topics(settings, topics, dataset);
                         if (dataset != nullptr) {
                           sluice::check_definition_is_transforms(log, topics, *dataset);
                         }
                       },
                   .ensure_tables =
                       [this](const std::vector<sluice::loader::TablePlan>& tables) {
                         ensure_tables(settings, tables);
                       },
                   .ensure_generation =
                       [this](const sluice::Topics& of_generation, const sluice::Dataset& dataset,
                              std::vector<sluice::loader::TablePlan> tables) {
                         ensure_generation(settings, of_generation, dataset, std::move(tables));
                       },
                   .generations = [this] { return sluice::loader::read_generations(session()); },
                   .note_first_generation =
                       [this](const sluice::Dataset& dataset) {
                         sluice::loader::note_first_generation(session(), dataset);
                       },
                   .defined =
                       [this](const std::vector<std::shared_ptr<const sluice::Dataset>>& datasets) {
                         replayer.set_definitions(datasets);
                       },
                   .housekeeping = [this] { purge(settings); },
                   .consumers = [this](const std::string& group,
                                       int worker) { return consumers(settings, group, worker); },
                   .written_reports =
                       [this](const std::vector<sluice::ReportSpec>& reports) {
                         std::vector<sluice::ReportSpec> csv, exported;
                         for (const sluice::ReportSpec& report : reports) {
                           if (report.csv) csv.push_back(report);
                           if (report.exported) exported.push_back(report);
                         }
                         telemetry.written(csv, exported);
                         exporter.set_reports(std::move(csv));
                         exports.set_reports(std::move(exported));
                       },
                   .on_fatal = [&host](const std::string& message) { host.fail(1, message); }}) {}

  // The session in which the thread that looks at definitions reads generations.
  sluice::postgres::Connection& session() {
    if (!generations || !generations->alive()) {
      generations = std::make_unique<sluice::postgres::Connection>(settings.postgres_url, "sluice-loader generations");
      sluice::loader::prepare_session(*generations);
    }
    return *generations;
  }

  Settings settings;
  sluice::Topics topics;
  kafka::KafkaLog log;
  std::unique_ptr<kafka::KafkaAdmin> admin;                    // the replayer's thread's
  std::unique_ptr<sluice::postgres::Connection> generations;  // the looking thread's
  sluice::loader::PostgresRowStores stores;
  sluice::loader::Telemetry telemetry;
  sluice::loader::CsvExporter exporter;
  sluice::s3::Client s3;
  sluice::loader::Exporter exports;
  sluice::loader::Replayer replayer;
  Events events;
  sluice::loader::Pipelines pipelines;
};

}  // namespace

int main(int argc, char** argv) {
  return sluice::run_service("loader", argc, argv, [](sluice::ServiceHost& host) {
    auto loader = std::make_shared<Loader>(host);
    host.metrics().watch_disk("out", host.settings().data_out());
    host.ready_when("tables", [loader] { return loader->pipelines.not_ready(); });
    host.tell_definitions([loader] { return loader->pipelines.refused_definitions(); });
    host.ready_when("csv files", [loader] { return loader->exporter.not_ready(); });
    host.add_part(
        "csv files", [loader] { loader->exporter.start(); }, [loader] { loader->exporter.stop(); });
    host.add_part(
        "exports", [loader] { loader->exports.start(); }, [loader] { loader->exports.stop(); });
    host.add_part(
        "replays", [loader] { loader->replayer.start(); }, [loader] { loader->replayer.stop(); });
    host.add_part(
        "tables", [loader] { loader->pipelines.start(); }, [loader] { loader->pipelines.stop(); });
  });
}
