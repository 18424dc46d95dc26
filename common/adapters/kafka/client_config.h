#pragma once
// From settings to librdkafka properties, by what the client is for. Pure but for librdkafka's own
// checks.

#include <string>
#include <vector>

#include "common/adapters/kafka/handles.h"
#include "common/config/settings.h"

namespace sluice::kafka {

enum class Purpose {
  kTransactionalProducer,
  kPlainProducer,
  kGroupMember,
  kPositionReader,
  kRestore,
  kEndOffsets,
  kAdmin
};

using Properties = std::vector<std::pair<std::string, std::string>>;

// What each purpose needs. settings.properties override it, but for the few properties on which
// exactly-once rests: those are a ConfigError.
Properties properties_for(Purpose purpose, const KafkaSettings& settings);
// Throws ConfigError that names the property if librdkafka refuses one.
Handle<rd_kafka_conf_t> make_conf(const Properties& properties);
// Makes a client and takes over the conf. Throws ConfigError if the properties do not go together,
// TaskBroken if there are no threads or files left.
Handle<rd_kafka_t> make_client(rd_kafka_type_t type, Handle<rd_kafka_conf_t> conf);

}  // namespace sluice::kafka
