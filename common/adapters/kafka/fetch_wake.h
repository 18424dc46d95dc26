#pragma once
// librdkafka 2.0 stops fetching when its queue of fetched messages is full, and then looks again
// only once a second, however soon the queue is empty (confluentinc/librdkafka#2879; the property
// that shortens this came with 2.2). A bounded queue would so bound the rate: its size a second.
// Any request wakes the thread that fetches; this sends one when the queue runs low and the log has
// more. One thread uses one object. Only for .cc files of this folder.

#include <chrono>
#include <span>

#include "common/adapters/kafka/handles.h"
#include "common/ports/log.h"

namespace sluice::kafka {

class FetchWake {
 public:
  // Call after each batch taken from `queue`, with partitions of which the log holds more. Takes
  // at most a millisecond or two, at most every ten. Errors do not matter: without this librdkafka
  // goes on by itself, later.
  void after_batch(rd_kafka_t* client, rd_kafka_queue_t* queue, std::span<const Position> behind);

 private:
  std::chrono::steady_clock::time_point not_before_{};
};

}  // namespace sluice::kafka
