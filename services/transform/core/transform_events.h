#pragma once
// What the tasks tell the outside when a transaction has committed; main.cc makes metrics of it.
// Called on the worker's thread; implementations are thread-safe and do not block.

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::transform {

struct RecordCounts {
  std::uint64_t processed = 0;  // all below, and deletions
  std::uint64_t records = 0;
  std::uint64_t corrections = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t poisoned = 0;
  std::uint64_t late = 0;
};

class TransformEvents {
 public:
  virtual ~TransformEvents() = default;
  virtual void records_committed(const std::string& /*dataset*/, const RecordCounts& /*counts*/) {}
  // Once a second, from another thread, where one is known: milliseconds since the epoch.
  virtual void watermark(const std::string& /*dataset*/, std::int64_t /*ms*/) {}
  virtual void groups_changed(const std::string& /*report*/, std::uint64_t /*groups*/) {}
};

}  // namespace sluice::transform
