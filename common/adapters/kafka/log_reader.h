#pragma once
// LogReader over librdkafka: two clients, one read_uncommitted for the true end of a partition, one
// read_committed for its records. A client costs four threads and half a millisecond a second, so the
// first is shared, and the second is there only where something was read.

#include <atomic>
#include <memory>

#include "common/adapters/kafka/handles.h"
#include "common/config/settings.h"
#include "common/ports/log.h"

namespace sluice::kafka {

// Asks for the ends of partitions; thread-safe. One that gave no answer is not asked again: a new one
// knows no dead brokers.
class EndsClient {
 public:
  explicit EndsClient(const KafkaSettings& settings);
  rd_kafka_t* get() const { return client_.get(); }
  bool failed() const { return failed_; }
  void fail() { failed_ = true; }

 private:
  Handle<rd_kafka_t> client_;
  std::atomic<bool> failed_{false};
};

class KafkaLogReader final : public LogReader {
 public:
  KafkaLogReader(const KafkaSettings& settings, std::shared_ptr<EndsClient> ends);
  ~KafkaLogReader() override;

  std::int64_t begin_offset(const TopicPartition& partition) override;
  std::int64_t end_offset(const TopicPartition& partition) override;
  std::int64_t stable_offset(const TopicPartition& partition) override;
  void read(const TopicPartition& partition, std::int64_t from, std::int64_t to,
            const std::function<void(const LogRecord&)>& each) override;

 private:
  // Of a read_committed client the second is the last stable offset.
  std::pair<std::int64_t, std::int64_t> watermarks(rd_kafka_t* client, const TopicPartition& partition);
  rd_kafka_t* records_client();

  KafkaSettings settings_;
  std::shared_ptr<EndsClient> ends_;
  Handle<rd_kafka_t> records_;  // made at the first read
};

// A message as the port sees it; the views live as long as the message.
LogRecord view_of(const rd_kafka_message_t& message);

}  // namespace sluice::kafka
