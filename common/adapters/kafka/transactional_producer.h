#pragma once
// TransactionalProducer over librdkafka, with the cure for torn transactions (end_txn_watch.h).

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/adapters/kafka/end_txn_watch.h"
#include "common/adapters/kafka/handles.h"
#include "common/config/settings.h"
#include "common/ports/log.h"

namespace sluice::kafka {

// What librdkafka takes for the value: null is a tombstone, and an empty view's pointer may be
// null.
inline void* payload_of(const OutgoingRecord& record) {
  if (record.tombstone) return nullptr;
  return const_cast<char*>(record.value.data() == nullptr ? "" : record.value.data());
}

// What librdkafka takes for the time; 0 is now.
inline std::int64_t timestamp_of(const OutgoingRecord& record) {
  return record.timestamp_ms ? std::max<std::int64_t>(*record.timestamp_ms, 1) : 0;
}

class KafkaTransactionalProducer final : public TransactionalProducer {
 public:
  // Blocks until older producers of the id are fenced and their transaction has ended. `cure_torn`
  // is off in one test only, which shows what happens without.
  KafkaTransactionalProducer(const KafkaSettings& settings, std::string transactional_id,
                             bool cure_torn = true);
  ~KafkaTransactionalProducer() override;

  TopicHandle topic(const std::string& name) override;
  void take_over(std::span<const TopicPartition> outputs) override;
  void begin() override;
  void produce(TopicHandle topic, std::int32_t partition, const OutgoingRecord& record) override;
  void send_offsets(const std::string& group, std::span<const Position> positions) override;
  void commit() override;
  void abort() override;

 private:
  void connect();
  void renew_if_in_doubt();
  void begin_transaction();
  void throw_if_failed(const std::string& what);
  // One message to each, aborted: the marker ends what was open there, and from then on the partition
  // refuses late requests of older epochs.
  void abort_left_open(std::span<const TopicPartition> outputs);
  // Repeats `call` while librdkafka says that it can be; throws what else it says.
  template <typename Call>
  void until_done(const char* what, Call call);

  KafkaSettings settings_;
  std::string id_;
  bool cure_torn_;
  std::unique_ptr<EndTxnWatch> watch_;
  // Of the last message that could not be delivered; set where this object's thread polls.
  rd_kafka_resp_err_t undelivered_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  Handle<rd_kafka_t> client_;
  std::vector<std::string> names_;
  std::vector<Handle<rd_kafka_topic_t>> topics_;
  std::map<std::string, Handle<rd_kafka_consumer_group_metadata_t>> groups_;
  std::vector<TopicPartition> outputs_;  // taken over
  bool in_doubt_ = false;  // the last transaction's end needed a second try
};

}  // namespace sluice::kafka
