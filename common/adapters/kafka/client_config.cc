#include "common/adapters/kafka/client_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "common/base/error.h"
#include "common/telemetry/log.h"

namespace sluice::kafka {
namespace {

// Whoever sets one of these would get wrong numbers, or none.
constexpr std::array<std::string_view, 12> kNotToBeSet = {"transactional.id",
                                                          "enable.idempotence",
                                                          "acks",
                                                          "request.required.acks",
                                                          "isolation.level",
                                                          "auto.offset.reset",
                                                          "group.id",
                                                          "group.instance.id",
                                                          "enable.auto.commit",
                                                          "enable.auto.offset.store",
                                                          "enable.partition.eof",
                                                          "partition.assignment.strategy"};

void on_log(const rd_kafka_t*, int level, const char* facility, const char* text) {
  // The same properties go to producers and consumers; each warns of the other's, at every start.
  if (std::string_view(facility) == "CONFWARN") return;
  // 3 and below are errors in syslog's count. A broker that is away for a moment is no error of
  // ours: the task that needed it says so.
  if (level <= 4)
    log::warning("kafka client", {{"facility", facility}, {"text", text}});
  else
    log::debug("kafka client", {{"facility", facility}, {"text", text}});
}

// librdkafka wants it below the transaction's own: an answer must be able to come too late and
// still find the transaction open.
std::int64_t socket_timeout_ms(const KafkaSettings& settings) {
  return std::min<std::int64_t>(10'000, settings.transaction_timeout_ms / 2);
}

void append(Properties& to, Properties more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

Properties properties_for(Purpose purpose, const KafkaSettings& settings) {
  Properties out = {
      {"bootstrap.servers", settings.brokers},
      {"client.id", "sluice"},
      {"socket.timeout.ms", std::to_string(socket_timeout_ms(settings))},
      // Small requests (a commit) wait for an acknowledgement otherwise.
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "2000"},
      {"allow.auto.create.topics", "false"},
      {"message.max.bytes", "10485760"},
      {"log.connection.close", "false"},
  };
  switch (purpose) {
    case Purpose::kTransactionalProducer:
      append(out, {{"transaction.timeout.ms", std::to_string(settings.transaction_timeout_ms)},
                   {"message.timeout.ms", std::to_string(settings.transaction_timeout_ms)},
                   {"delivery.report.only.error", "true"},
                   {"linger.ms", "5"},
                   {"batch.size", "1000000"},
                   {"batch.num.messages", "50000"},
                   {"compression.codec", "lz4"},
                   {"queue.buffering.max.messages", "1000000"},
                   {"queue.buffering.max.kbytes", "65536"}});
      break;
    case Purpose::kPlainProducer:
      append(out, {{"enable.idempotence", "true"},
                   {"linger.ms", "0"},
                   {"message.timeout.ms", "30000"},
                   {"queue.buffering.max.kbytes", "16384"}});
      break;
    case Purpose::kGroupMember:
      append(out, {{"partition.assignment.strategy", "range"},
                   {"session.timeout.ms", "10000"},
                   {"heartbeat.interval.ms", "1000"},
                   {"max.poll.interval.ms", "600000"},
                   {"enable.auto.commit", "false"},
                   {"enable.auto.offset.store", "false"}});
      break;
    case Purpose::kPositionReader:
    case Purpose::kRestore:
      append(out, {{"group.id", "sluice-positions"},  // never joined: assign() only
                   {"isolation.level", "read_committed"},
                   {"enable.auto.commit", "false"},
                   {"enable.auto.offset.store", "false"},
                   {"auto.offset.reset", "error"},
                   {"enable.partition.eof", purpose == Purpose::kRestore ? "true" : "false"},
                   {"check.crcs", "true"},
                   // A message ends the wait. A restore waits it out at the end of each partition; a
                   // position reader so asks less often where nothing comes, and after a rebalance
                   // its new partitions wait for it.
                   {"fetch.wait.max.ms", purpose == Purpose::kRestore ? "20" : "250"},
                   {"fetch.error.backoff.ms", "50"},
                   {"fetch.message.max.bytes", "1048576"},
                   // Bounds memory, some 700 bytes a message; fetch_wake.h keeps it from bounding
                   // the rate.
                   {"queued.min.messages", "40000"},
                   {"queued.max.messages.kbytes", "16384"}});
      break;
    case Purpose::kEndOffsets:
      append(out, {{"group.id", "sluice-positions"},
                   {"isolation.level", "read_uncommitted"},
                   {"enable.auto.commit", "false"}});
      break;
    case Purpose::kAdmin:
      break;
  }
  for (const auto& [name, value] : settings.properties) {
    if (std::ranges::find(kNotToBeSet, name) != kNotToBeSet.end()) {
      throw ConfigError(
          fmt::format("kafka property {} is not to be set: exactly-once rests on it", name));
    }
    std::erase_if(out, [&](const auto& p) { return p.first == name; });
    out.emplace_back(name, value);
  }
  return out;
}

Handle<rd_kafka_conf_t> make_conf(const Properties& properties) {
  Handle<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  char problem[512];
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), problem, sizeof problem) !=
        RD_KAFKA_CONF_OK) {
      throw ConfigError(fmt::format("kafka property {}: {}", name, problem));
    }
  }
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  return conf;
}

Handle<rd_kafka_t> make_client(rd_kafka_type_t type, Handle<rd_kafka_conf_t> conf) {
  char problem[512];
  rd_kafka_t* client = rd_kafka_new(type, conf.get(), problem, sizeof problem);
  if (client == nullptr) {
    const std::string sentence = fmt::format("cannot make a Kafka client: {}", problem);
    if (rd_kafka_last_error() == RD_KAFKA_RESP_ERR__INVALID_ARG) throw ConfigError(sentence);
    throw TaskBroken(sentence);
  }
  (void)conf.release();  // the client owns it now
  return Handle<rd_kafka_t>(client);
}

}  // namespace sluice::kafka
