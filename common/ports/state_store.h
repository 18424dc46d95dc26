#pragma once
// Local state of one task: a sorted map of bytes with a position. Implemented by
// common/adapters/rocksdb and by tests/support/memory_state_store (which can lose what was not
// flushed, as a crash does). One thread uses one store.
//
// The rule (RELIABILITY finding 3): a store is written only after the Kafka commit, in one atomic
// batch with the position that the batch brings it to. After a crash it may lag the log; it never
// leads it.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual std::optional<std::string> get(std::string_view key) const = 0;
  // Many lookups at once, in the order of `keys`; an adapter can do them faster together.
  virtual std::vector<std::optional<std::string>> get_many(
      const std::vector<std::string_view>& keys) const = 0;
  // Ascending byte order of keys that begin with `prefix`; `each` returns false to stop.
  virtual void scan(std::string_view prefix,
                    const std::function<bool(std::string_view key, std::string_view value)>& each)
      const = 0;

  struct Write {
    std::string key;
    std::optional<std::string> value;  // nullopt deletes
  };
  // All of it or nothing, also across a crash. `position` is an opaque text kept with the data.
  virtual void apply(const std::vector<Write>& writes, std::string_view position) = 0;
  // What the last surviving apply() stored; empty for a new store.
  virtual std::string position() const = 0;
  // Forgets everything.
  virtual void clear() = 0;
};

class StateStores {
 public:
  virtual ~StateStores() = default;
  // Opens or creates the store of a task; the name is stable ("bookings-stage1-0"). A store that
  // cannot be opened (corrupt, other format) is discarded with a warning: it is rebuilt from the log.
  virtual std::unique_ptr<StateStore> open(const std::string& name) = 0;
};

}  // namespace sluice
