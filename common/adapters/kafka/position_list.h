#pragma once
// Our positions as librdkafka's list of partitions. Only for .cc files of this folder.

#include <span>

#include "common/adapters/kafka/handles.h"
#include "common/ports/log.h"

namespace sluice::kafka {

inline Handle<rd_kafka_topic_partition_list_t> list_of(std::span<const Position> positions) {
  Handle<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const Position& position : positions) {
    rd_kafka_topic_partition_list_add(list.get(), position.partition.topic.c_str(),
                                      position.partition.partition)
        ->offset = position.next_offset;
  }
  return list;
}

}  // namespace sluice::kafka
