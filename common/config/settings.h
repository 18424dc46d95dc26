#pragma once
// The configuration of a service, read once at start: defaults, then a YAML file (--config FILE or
// SLUICE_CONFIG), then SLUICE_… environment, then flags. Unknown keys are errors that name the key
// path. Every secret can also come from a file (NAME_FILE). `describe()` lists the effective
// values, secrets masked, for the one log line at start and for --print-config.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/model/after_reading.h"

namespace sluice {

struct KafkaSettings {
  std::string brokers = "127.0.0.1:8084";  // SLUICE_KAFKA_BROKERS
  // Any property of librdkafka: kafka.properties in the file, SLUICE_KAFKA__SASL_PASSWORD for
  // sasl.password, SLUICE_KAFKA__SASL_PASSWORD_FILE for one that is read from a file.
  std::map<std::string, std::string> properties;
  std::string topic_prefix = "sluice";           // SLUICE_TOPIC_PREFIX
  std::int32_t shards = 2;                       // SLUICE_INGEST_SHARDS
  std::int32_t replication = 1;                  // SLUICE_KAFKA_REPLICATION
  std::int64_t transaction_timeout_ms = 30'000;  // SLUICE_KAFKA_TRANSACTION_TIMEOUT_MS
};

// A bucket's objects as sources, and where exports may go. Keys and region come from the usual AWS
// variables and files where they are not set here (common/adapters/s3/credentials.h).
struct S3Settings {
  std::string endpoint;           // SLUICE_S3_ENDPOINT: URL; empty: AWS's own of the region
  std::string region;             // SLUICE_S3_REGION
  std::string access_key_id;      // SLUICE_S3_ACCESS_KEY_ID
  std::string secret_access_key;  // SLUICE_S3_SECRET_ACCESS_KEY (secret)
  std::string session_token;      // SLUICE_S3_SESSION_TOKEN (secret)
  // SLUICE_S3_ADDRESSING: path, virtual (bucket.host), or auto: path where an endpoint is set
  std::string addressing = "auto";
  std::string ca_file;                             // SLUICE_S3_CA_FILE: PEM, instead of the system's
  std::string bucket;                              // SLUICE_S3_BUCKET; empty: only those of definitions
  std::string prefix = "in/";                      // SLUICE_S3_PREFIX of the sources in it
  AfterReading after = AfterReading::kMove;        // SLUICE_S3_AFTER
  std::int64_t poll_ms = 5000;                     // SLUICE_S3_POLL_MS between two listings
  int concurrency = 16;                            // SLUICE_S3_CONCURRENCY: objects at once
};

// Who may call the api and ingest, and how often (docs/access.md).
struct AccessSettings {
  std::string tokens_file;      // SLUICE_TOKENS_FILE; empty: nobody needs a token
  std::string metrics = "open";  // SLUICE_METRICS_ACCESS: open, or read: /metrics and /version need that scope
  int requests_per_second = 0;  // SLUICE_REQUESTS_PER_SECOND of one client of the api; 0: no limit
  int requests_burst = 50;      // SLUICE_REQUESTS_BURST: of them at once, after a pause
};

struct Settings {
  std::string service;
  std::string home = ".sluice";                        // SLUICE_HOME
  std::vector<std::string> definitions = {"schemas"};  // SLUICE_DEFINITIONS, ':' between folders
  std::string http_address = "127.0.0.1";              // SLUICE_HTTP_ADDRESS
  // SLUICE_HTTP_PORT; default from SLUICE_PORT_BASE (8080): api +0, ingest +1, transform +2,
  // loader +3
  std::uint16_t http_port = 0;
  KafkaSettings kafka;
  S3Settings s3;
  AccessSettings access;
  // SLUICE_POSTGRES_URL (secret), default postgresql://sluice:sluice@127.0.0.1:<base+6>/sluice
  std::string postgres_url;
  std::string instance;            // SLUICE_INSTANCE_ID; empty = none (dynamic member)
  // Where api passes uploads on: host:port of an ingest. SLUICE_INGEST_ADDRESS; default 127.0.0.1 and
  // the port of a local run.
  std::string ingest_address;
  std::uint64_t upload_limit_bytes = 16ULL << 30;  // SLUICE_UPLOAD_LIMIT_BYTES: of one request
  int threads = 2;                 // SLUICE_THREADS: workers of this process
  std::string log_level = "info";  // SLUICE_LOG_LEVEL
  std::string crash_point;         // SLUICE_CRASH_POINT, see common/base/crash_point.h
  // --ready: not to run, but to ask the service that runs with these settings whether it is ready.
  bool only_ask_ready = false;

  std::string data_in() const { return home + "/data/in"; }
  std::string data_out() const { return home + "/data/out"; }
  std::string data_archive() const { return home + "/data/archive"; }
  std::string data_failed() const { return home + "/data/failed"; }
  std::string data_uploads() const { return home + "/data/uploads"; }
  std::string state_dir() const { return home + "/state/" + service; }
};

// Throws ConfigError with the key, the file or variable it came from, and what is accepted.
// Handles --help and --version itself (prints, exits 0).
Settings read_settings(const std::string& service, int argc, char** argv);
std::string describe(const Settings& settings);

}  // namespace sluice
