#pragma once
// Owners of librdkafka's C objects. Only for .cc files of this folder.

#include <librdkafka/rdkafka.h>

#include <memory>

namespace sluice::kafka {

struct Free {
  void operator()(rd_kafka_conf_t* p) const { rd_kafka_conf_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
  void operator()(rd_kafka_topic_partition_list_t* p) const {
    rd_kafka_topic_partition_list_destroy(p);
  }
  void operator()(rd_kafka_message_t* p) const { rd_kafka_message_destroy(p); }
  void operator()(rd_kafka_error_t* p) const { rd_kafka_error_destroy(p); }
  void operator()(rd_kafka_consumer_group_metadata_t* p) const {
    rd_kafka_consumer_group_metadata_destroy(p);
  }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_event_t* p) const { rd_kafka_event_destroy(p); }
  void operator()(const rd_kafka_metadata_t* p) const { rd_kafka_metadata_destroy(p); }
  // A group's member is closed by its owner first, who bounds the wait; destroying never waits for
  // a coordinator that may be away. A producer's destroy does not flush.
  void operator()(rd_kafka_t* p) const {
    rd_kafka_destroy_flags(p, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
};

template <typename T>
using Handle = std::unique_ptr<T, Free>;

}  // namespace sluice::kafka
