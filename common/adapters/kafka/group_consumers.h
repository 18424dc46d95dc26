#pragma once
// The two consumers of a worker (common/runtime/partition_worker.h): the member of a group, which
// never fetches, and the reader, which never joins one.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/adapters/kafka/fetch_wake.h"
#include "common/adapters/kafka/handles.h"
#include "common/config/settings.h"
#include "common/runtime/partition_worker.h"

namespace sluice::kafka {

class KafkaGroupMember final : public GroupMember {
 public:
  // Subscribes at once. A non-empty `instance` makes it a static member of that name.
  KafkaGroupMember(const KafkaSettings& settings, const std::string& group,
                   const std::string& instance, const std::vector<std::string>& topics);
  ~KafkaGroupMember() override;

  bool poll(std::chrono::milliseconds wait, const std::function<void(bool lost)>& before_revoke,
            Change& change) override;
  void leave() override;

 private:
  static void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t what,
                           rd_kafka_topic_partition_list_t* partitions, void* self);
  void rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions);

  std::string group_;
  Handle<rd_kafka_t> client_;
  const std::function<void(bool)>* before_revoke_ = nullptr;
  bool changed_ = false;
  Change change_;
  bool left_ = false;
};

class KafkaPositionReader final : public PositionReader {
 public:
  explicit KafkaPositionReader(const KafkaSettings& settings);
  ~KafkaPositionReader() override;

  void assign(const std::vector<Position>& positions) override;
  std::size_t poll(
      std::chrono::milliseconds wait, std::size_t max_records,
      const std::function<void(const TopicPartition&, std::span<const LogRecord>)>& each) override;
  std::vector<std::pair<TopicPartition, std::int64_t>> lag() override;

 private:
  struct Partition {
    TopicPartition name;
    std::int64_t next = 0;
    std::vector<LogRecord> records;  // of the batch at hand
  };
  Partition* find(const rd_kafka_message_t& message);
  void fail_partition_of(const rd_kafka_message_t& message);
  std::vector<Position> behind() const;

  KafkaSettings settings_;
  Handle<rd_kafka_t> client_;
  Handle<rd_kafka_queue_t> queue_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  // Messages of one poll can belong to few topics: the last looked up is the likeliest.
  std::map<std::pair<std::string, std::int32_t>, Partition*> by_name_;
  std::vector<rd_kafka_message_t*> batch_;
  FetchWake wake_;
};

}  // namespace sluice::kafka
