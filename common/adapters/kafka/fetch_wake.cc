#include "common/adapters/kafka/fetch_wake.h"

#include "common/adapters/kafka/position_list.h"

namespace sluice::kafka {
namespace {

// A batch of the worker: while it is processed, more arrives.
constexpr std::size_t kLowWater = 10'000;
constexpr std::chrono::milliseconds kAtMostEvery{10};
// The request is what wakes; nobody needs the answer.
constexpr int kTimeoutMs = 1;

}  // namespace

void FetchWake::after_batch(rd_kafka_t* client, rd_kafka_queue_t* queue,
                            std::span<const Position> behind) {
  if (behind.empty() || rd_kafka_queue_length(queue) > kLowWater) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < not_before_) return;
  not_before_ = now + kAtMostEvery;
  const auto list = list_of(behind);
  // The end of each partition, because every leader knows it at once.
  for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = RD_KAFKA_OFFSET_END;
  rd_kafka_offsets_for_times(client, list.get(), kTimeoutMs);
}

}  // namespace sluice::kafka
