#pragma once
// The states of keys as the open transaction sees them: a write cache over the local store, which is
// itself only written after the commit.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ports/state_store.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

class KeyOverlay {
 public:
  // Remembers to load the key, unless it is here.
  void want(std::string_view key);
  // Loads what was wanted, together.
  void load(const StateStore& store);

  // The state's bytes, empty if the key has none. The key was wanted and loaded before; the view is
  // valid until the key is put again or the overlay is loaded or emptied.
  std::string_view get(std::string_view key) const;
  void put(std::string_view key, std::string state);

  // What to write to the store now that the transaction is committed. Empties the overlay.
  std::vector<StateStore::Write> take_writes();
  void clear();
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string state;
    bool changed = false;
  };
  StringMap<Entry> entries_;
  std::vector<std::string> wanted_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
