#include "tests/support/memory_state_store.h"

#include <algorithm>

namespace sluice::testing {

class MemoryStateStores::Store final : public StateStore {
 public:
  Store(FaultPlan& faults, Disk& disk) : faults_(faults), disk_(disk), data_(disk.data), position_(disk.position) {
    for (const Batch& batch : disk.unflushed) put(batch);
  }

  std::optional<std::string> get(std::string_view key) const override {
    const auto found = data_.find(key);
    if (found == data_.end()) return std::nullopt;
    return found->second;
  }
  std::vector<std::optional<std::string>> get_many(
      const std::vector<std::string_view>& keys) const override {
    std::vector<std::optional<std::string>> out;
    out.reserve(keys.size());
    for (std::string_view key : keys) out.push_back(get(key));
    return out;
  }
  void scan(std::string_view prefix,
            const std::function<bool(std::string_view, std::string_view)>& each) const override {
    for (auto it = data_.lower_bound(prefix); it != data_.end() && it->first.starts_with(prefix); ++it) {
      if (!each(it->first, it->second)) return;
    }
  }
  void apply(const std::vector<Write>& writes, std::string_view position) override {
    faults_.before("apply");
    Batch batch{writes, std::string(position)};
    put(batch);
    disk_.unflushed.push_back(std::move(batch));
    faults_.after("apply");
  }
  std::string position() const override { return position_; }
  void clear() override {
    data_.clear();
    position_.clear();
    disk_ = Disk{};
  }

 private:
  void put(const Batch& batch) {
    for (const Write& write : batch.writes) {
      if (write.value) {
        data_[write.key] = *write.value;
      } else {
        data_.erase(write.key);
      }
    }
    position_ = batch.position;
  }

  FaultPlan& faults_;
  Disk& disk_;
  std::map<std::string, std::string, std::less<>> data_;
  std::string position_;
};

std::unique_ptr<StateStore> MemoryStateStores::open(const std::string& name) {
  return std::make_unique<Store>(faults_, disks_[name]);
}

void MemoryStateStores::flush_one(Disk& disk, const Batch& batch) {
  for (const StateStore::Write& write : batch.writes) {
    if (write.value) {
      disk.data[write.key] = *write.value;
    } else {
      disk.data.erase(write.key);
    }
  }
  disk.position = batch.position;
}

void MemoryStateStores::crash(const std::string& name, std::size_t survivors) {
  Disk& disk = disks_[name];
  const std::size_t kept = std::min(survivors, disk.unflushed.size());
  for (std::size_t i = 0; i < kept; ++i) flush_one(disk, disk.unflushed[i]);
  disk.unflushed.clear();
}

void MemoryStateStores::wipe(const std::string& name) { disks_[name] = Disk{}; }

std::size_t MemoryStateStores::unflushed(const std::string& name) const {
  const auto found = disks_.find(name);
  return found == disks_.end() ? 0 : found->second.unflushed.size();
}

}  // namespace sluice::testing
