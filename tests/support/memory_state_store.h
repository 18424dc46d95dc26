#pragma once
// Local state in memory that behaves like a disk: a store that is reopened after a crash has lost the
// most recent writes that were not flushed, whole batches at a time (a prefix survives).

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/ports/state_store.h"
#include "tests/support/memory_log.h"

namespace sluice::testing {

class MemoryStateStores final : public StateStores {
 public:
  explicit MemoryStateStores(FaultPlan& faults) : faults_(faults) {}
  std::unique_ptr<StateStore> open(const std::string& name) override;

  // The process that had it open died: of its unflushed batches the first `survivors` are kept.
  void crash(const std::string& name, std::size_t survivors);
  // The disk is gone.
  void wipe(const std::string& name);
  std::size_t unflushed(const std::string& name) const;

 private:
  struct Batch {
    std::vector<StateStore::Write> writes;
    std::string position;
  };
  struct Disk {
    std::map<std::string, std::string, std::less<>> data;
    std::string position;
    std::vector<Batch> unflushed;  // applied to nothing yet; a reader sees them through the store
  };
  class Store;
  static void flush_one(Disk& disk, const Batch& batch);

  FaultPlan& faults_;
  std::map<std::string, Disk> disks_;
};

}  // namespace sluice::testing
