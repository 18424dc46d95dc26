#pragma once
// The states of keys as the open transaction sees them: a write cache over the local store, which
// is itself only written after the commit.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "common/ports/state_store.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

class KeyOverlay {
 public:
  // A key's place, until the overlay is emptied: a key is looked up once, however often it is used.
  using Slot = std::uint32_t;

  // Remembers to load the key, unless it is here.
  Slot want(std::string_view key);
  // Loads what was wanted, together.
  void load(const StateStore& store);

  // The state's bytes, empty if the key has none. What was wanted is loaded before; the view is
  // valid until the key is put again or the overlay is loaded or emptied.
  std::string_view get(Slot slot) const { return entries_[slot].state; }
  void put(Slot slot, std::string state);

  // What to write to the store now that the transaction is committed. Empties the overlay.
  std::vector<StateStore::Write> take_writes();
  void clear();
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    std::string state;
    bool changed = false;
  };
  // The views are of the entries' keys, which stay where they are.
  std::deque<Entry> entries_;
  boost::unordered_flat_map<std::string_view, Slot, BytesHash, BytesEqual> slots_;
  Slot loaded_ = 0;  // entries from here on are wanted
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
