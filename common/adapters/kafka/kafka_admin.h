#pragma once
// Topics: made where they are missing, checked where they are there. One thread uses one object.

#include <chrono>
#include <string>
#include <vector>

#include "common/adapters/kafka/handles.h"
#include "common/config/settings.h"
#include "common/model/topics.h"
#include "common/ports/log.h"

namespace sluice::kafka {

class KafkaAdmin {
 public:
  explicit KafkaAdmin(const KafkaSettings& settings);
  ~KafkaAdmin();

  // Makes the topics that are missing (several services may try at once) and checks them all:
  // another number of partitions, or a cleanup policy or retention that would lose state, is
  // Unsafe, with a sentence that says what to do. TaskBroken if the broker cannot be reached.
  void ensure_topics(const std::vector<TopicSettings>& topics);
  // 0: there is no such topic.
  std::int32_t partition_count(const std::string& topic);
  // Deletes each partition's records before its position for good.
  void purge_before(const std::vector<Position>& positions);
  // Deletes topics and consumer groups for good; those that are not there are none the worse. TaskBroken if one cannot be
  // deleted now: a group has members still.
  void remove_topics(const std::vector<std::string>& topics);
  void remove_groups(const std::vector<std::string>& groups);
  // The positions that the group has committed of these partitions; without those of which there is none.
  std::vector<Position> committed(const std::string& group, const std::vector<TopicPartition>& partitions);
  // True if a broker answers within the wait.
  bool reachable(std::chrono::milliseconds wait);

 private:
  struct Metadata;
  void create(const std::vector<TopicSettings>& topics);
  void check_partitions(const TopicSettings& wanted, std::int32_t found) const;
  bool has_leaders(const TopicSettings& topic);
  void check_config(const std::vector<TopicSettings>& topics);

  KafkaSettings settings_;
  Handle<rd_kafka_t> client_;
};

}  // namespace sluice::kafka
