#include "common/adapters/kafka/transactional_producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/adapters/kafka/client_config.h"
#include "common/adapters/kafka/kafka_errors.h"
#include "common/adapters/kafka/position_list.h"
#include "common/base/check.h"
#include "common/telemetry/log.h"

namespace sluice::kafka {
namespace {

// Taking over is quick while the broker answers; while it does not, the worker's other tasks wait.
constexpr int kInitTimeoutMs = 20'000;
constexpr std::chrono::seconds kTakeOverLimit{20};
constexpr int kTakeOverSliceMs = 250;
// How long a full send queue may block before the task is given up.
constexpr std::chrono::seconds kQueueFullLimit{60};
// Retriable errors repeat the same call, which librdkafka resumes; beyond this the task starts
// again.
constexpr std::chrono::seconds kRepeatLimit{20};
constexpr int kRepeatPauseMs = 20;
// New epochs in a row of which each was in doubt at once: the broker does not answer well enough.
constexpr int kRenewals = 3;

}  // namespace

KafkaTransactionalProducer::KafkaTransactionalProducer(const KafkaSettings& settings,
                                                       std::string transactional_id, bool cure_torn)
    : settings_(settings), id_(std::move(transactional_id)), cure_torn_(cure_torn) {
  connect();
}

KafkaTransactionalProducer::~KafkaTransactionalProducer() {
  if (!client_) return;
  // What is queued belongs to a transaction that nobody will commit: without the purge the
  // destructor would wait for a broker that may be away.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                    RD_KAFKA_PURGE_F_NON_BLOCKING);
}

template <typename Call>
void KafkaTransactionalProducer::until_done(const char* what, Call call) {
  const auto deadline = std::chrono::steady_clock::now() + kRepeatLimit;
  for (;;) {
    const Handle<rd_kafka_error_t> error(call());
    if (!error) return;
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    // In this order: a fatal error is final whatever else it says; an abortable one makes the task
    // start again, and the new producer aborts; a retriable one is the same call again.
    const bool again = rd_kafka_error_is_fatal(error.get()) == 0 &&
                       rd_kafka_error_txn_requires_abort(error.get()) == 0 &&
                       rd_kafka_error_is_retriable(error.get()) != 0 &&
                       std::chrono::steady_clock::now() < deadline;
    if (!again)
      throw_error(fmt::format("{} of {}", what, id_), code, rd_kafka_error_string(error.get()));
    log::debug("kafka call repeated",
               {{"call", what}, {"reason", rd_kafka_error_string(error.get())}});
    rd_kafka_poll(client_.get(), kRepeatPauseMs);
  }
}

void KafkaTransactionalProducer::connect() {
  watch_ = std::make_unique<EndTxnWatch>();
  Properties properties = properties_for(Purpose::kTransactionalProducer, settings_);
  properties.emplace_back("transactional.id", id_);
  Handle<rd_kafka_conf_t> conf = make_conf(properties);
  watch_->install(conf.get());
  rd_kafka_conf_set_opaque(conf.get(), &undelivered_);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* last) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) *static_cast<rd_kafka_resp_err_t*>(last) = message->err;
  });
  client_ = make_client(RD_KAFKA_PRODUCER, std::move(conf));
  until_done("taking over the transactions",
             [&] { return rd_kafka_init_transactions(client_.get(), kInitTimeoutMs); });
  for (const std::string& name : names_) {
    topics_.emplace_back(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
  }
}

void KafkaTransactionalProducer::renew_if_in_doubt() {
  if (!cure_torn_) return;
  for (int renewals = 0; in_doubt_; ++renewals) {
    if (renewals == kRenewals) {
      throw TaskBroken(fmt::format("the transactions of {} need more than one try to end, {} times in a row",
                                   id_, kRenewals));
    }
    log::warning("a transaction's end needed a second try: taking a new producer epoch",
                 {{"id", id_}});
    groups_.clear();
    topics_.clear();
    client_.reset();
    connect();
    in_doubt_ = false;
    abort_left_open(outputs_);
  }
}

void KafkaTransactionalProducer::take_over(std::span<const TopicPartition> outputs) {
  renew_if_in_doubt();
  for (const TopicPartition& output : outputs) topic(output.topic);
  outputs_.insert(outputs_.end(), outputs.begin(), outputs.end());
  abort_left_open(outputs);
}

void KafkaTransactionalProducer::abort_left_open(std::span<const TopicPartition> outputs) {
  if (outputs.empty()) return;
  begin_transaction();
  undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  // With a key: compacted topics take no message without one.
  OutgoingRecord nothing;
  nothing.key = "taken over";
  for (const TopicPartition& output : outputs) {
    produce(topic(output.topic), output.partition, nothing);
  }
  // An abort drops what waits to be sent, and a partition that got nothing gets no marker.
  const auto deadline = std::chrono::steady_clock::now() + kTakeOverLimit;
  for (;;) {
    const rd_kafka_resp_err_t code = rd_kafka_flush(client_.get(), kTakeOverSliceMs);
    throw_if_failed(fmt::format("taking over {} partitions by {}", outputs.size(), id_));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT && std::chrono::steady_clock::now() < deadline) continue;
    throw_error(fmt::format("taking over {} partitions by {}", outputs.size(), id_), code, nullptr);
  }
  abort();
}

TopicHandle KafkaTransactionalProducer::topic(const std::string& name) {
  const auto found = std::ranges::find(names_, name);
  if (found != names_.end()) return static_cast<TopicHandle>(found - names_.begin());
  names_.push_back(name);
  topics_.emplace_back(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
  // The first message to an unknown topic can wait a second for its metadata: ask now.
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client_.get(), 0, topics_.back().get(), &metadata, 10'000) ==
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(metadata);
  }
  return names_.size() - 1;
}

// What made messages undeliverable is first: they are dropped for it, which says nothing.
void KafkaTransactionalProducer::throw_if_failed(const std::string& what) {
  char reason[512] = {};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_.get(), reason, sizeof reason);
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) throw_error(what, fatal, reason);
  if (undelivered_ != RD_KAFKA_RESP_ERR_NO_ERROR) throw_error(what, undelivered_, nullptr);
}

void KafkaTransactionalProducer::begin() {
  renew_if_in_doubt();
  begin_transaction();
}

void KafkaTransactionalProducer::begin_transaction() {
  watch_->reset();
  until_done("beginning a transaction", [&] { return rd_kafka_begin_transaction(client_.get()); });
}

void KafkaTransactionalProducer::produce(TopicHandle topic, std::int32_t partition,
                                         const OutgoingRecord& record) {
  SLUICE_CHECK(topic < topics_.size(), "a handle of this producer");
  rd_kafka_headers_t* headers = nullptr;
  if (!record.headers.empty()) {
    headers = rd_kafka_headers_new(record.headers.size());
    for (const Header& h : record.headers) {
      rd_kafka_header_add(headers, h.name.data(), static_cast<ssize_t>(h.name.size()),
                          h.value.data(), static_cast<ssize_t>(h.value.size()));
    }
  }
  void* value = payload_of(record);
  const std::size_t value_size = record.tombstone ? 0 : record.value.size();
  const std::int64_t timestamp_ms = timestamp_of(record);
  const auto deadline = std::chrono::steady_clock::now() + kQueueFullLimit;
  for (;;) {
    // producev takes over the headers only if it succeeds.
    const rd_kafka_resp_err_t code =
        headers == nullptr
            ? rd_kafka_producev(client_.get(), RD_KAFKA_V_RKT(topics_[topic].get()),
                                RD_KAFKA_V_PARTITION(partition),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_VALUE(value, value_size),
                                RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                                RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_END)
            : rd_kafka_producev(
                  client_.get(), RD_KAFKA_V_RKT(topics_[topic].get()),
                  RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                  RD_KAFKA_V_VALUE(value, value_size),
                  RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                  RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && std::chrono::steady_clock::now() < deadline) {
      rd_kafka_poll(client_.get(), 20);
      continue;
    }
    if (headers != nullptr) rd_kafka_headers_destroy(headers);
    throw_error(fmt::format("producing to {}", names_[topic]), code, nullptr);
  }
}

void KafkaTransactionalProducer::send_offsets(const std::string& group,
                                              std::span<const Position> positions) {
  auto& metadata = groups_[group];
  // Without generation and member: who owns the partition is settled by the transactional id.
  if (!metadata) metadata.reset(rd_kafka_consumer_group_metadata_new(group.c_str()));
  const auto list = list_of(positions);
  until_done("recording the positions", [&] {
    return rd_kafka_send_offsets_to_transaction(client_.get(), list.get(), metadata.get(), -1);
  });
}

void KafkaTransactionalProducer::commit() {
  until_done("committing", [&] { return rd_kafka_commit_transaction(client_.get(), -1); });
  in_doubt_ = !watch_->clean();
}

void KafkaTransactionalProducer::abort() {
  until_done("aborting", [&] { return rd_kafka_abort_transaction(client_.get(), -1); });
  in_doubt_ = !watch_->clean();
}

}  // namespace sluice::kafka
