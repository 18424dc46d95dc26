#pragma once
// Local state on disk in RocksDB, one database per task, without a write-ahead log: the Kafka log is one
// already. What survives a crash is a prefix of the applies, each whole with its position, because a
// database here has one column family whose memtables are flushed in order and a batch never spans
// two. A close in good order flushes everything.
//
// Bounded: one block cache for all stores of the process, which their memtables are charged to.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "common/ports/state_store.h"

namespace sluice {

class RocksdbStores final : public StateStores {
 public:
  static constexpr std::size_t kDefaultMemoryBytes = 128U << 20;

  // `folder` is made if it does not exist; one process at a time uses it.
  explicit RocksdbStores(std::filesystem::path folder,
                         std::size_t memory_bytes = kDefaultMemoryBytes);
  ~RocksdbStores() override;

  // Thread-safe; the stores may outlive this. TaskBroken if the disk fails or another process has
  // the store; a damaged store is discarded with a warning. A store found damaged later throws
  // TaskBroken, also out of a scan, and is discarded when it is closed. Keys are not empty: the empty
  // key holds the position.
  std::unique_ptr<StateStore> open(const std::string& name) override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace sluice
