#pragma once
// The table as the loader's task sees it. Implemented by postgres_row_store.

#include <cstdint>
#include <memory>

#include "common/model/file_events.h"
#include "common/ports/log.h"
#include "services/loader/core/row_batch.h"
#include "services/loader/core/target.h"

namespace sluice::loader {

// What is known of the position row of a partition.
struct Claim {
  std::int64_t next_offset = 0;
  std::int64_t epoch = 0;
  std::int64_t age_ms = 0;  // since all before next_offset was known to be loaded
};

struct Written {
  std::uint64_t upserted = 0;
  std::uint64_t deleted = 0;
  std::uint64_t poisoned = 0;
};

class RowStore {
 public:
  virtual ~RowStore() = default;
  // Makes this the owner of the partition: any older owner's next write throws Fenced.
  virtual Claim take_over(const TopicPartition& partition) = 0;
  // Writes the batch, which may be empty, and moves the position from `claim.next_offset` to `next`, all or nothing.
  // Fenced if someone took over, TaskBroken if the position is not the claim's or the database
  // fails. After an exception the store is dead; whether the batch is in is answered by the next
  // take_over().
  virtual Written write(const TopicPartition& partition, const Claim& claim, const RowBatch& batch,
                        std::int64_t next) = 0;
};

// Thread-safe.
class RowStores {
 public:
  virtual ~RowStores() = default;
  // The target outlives the store.
  virtual std::unique_ptr<RowStore> open(const Target& target) = 0;
};

// What the tasks tell the outside after a commit. Thread-safe, does not block.
class LoaderEvents {
 public:
  virtual ~LoaderEvents() = default;
  virtual void committed(const Target& /*target*/, std::uint64_t /*messages*/,
                         const Written& /*written*/, double /*seconds*/) {}
  // Rows of a report can be read now, the oldest of them so long after transform sent it.
  virtual void rows_readable(const Target& /*target*/, double /*oldest_seconds*/) {}
  // A receipt that came as done can be read now, so long after its file was found complete.
  virtual void receipt_readable(const FileEntry& /*receipt*/, double /*seconds*/) {}
};

}  // namespace sluice::loader
