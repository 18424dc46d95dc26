#include "services/transform/core/key_overlay.h"

#include <algorithm>

namespace sluice::transform {
namespace {

// An entry, its share of the table, and what the heap adds to a state's bytes.
constexpr std::size_t kEntryOverhead = 144;

}  // namespace

KeyOverlay::Slot KeyOverlay::want(std::string_view key) {
  const auto found = slots_.find(key);
  if (found != slots_.end()) return found->second;
  const auto slot = static_cast<Slot>(entries_.size());
  entries_.push_back({std::string(key), {}, false});
  slots_.emplace(entries_.back().key, slot);
  bytes_ += key.size() + kEntryOverhead;
  return slot;
}

void KeyOverlay::load(const StateStore& store) {
  if (loaded_ == entries_.size()) return;
  std::vector<std::string_view> keys;
  keys.reserve(entries_.size() - loaded_);
  for (std::size_t slot = loaded_; slot < entries_.size(); ++slot) {
    keys.emplace_back(entries_[slot].key);
  }
  auto found = store.get_many(keys);
  for (std::optional<std::string>& state : found) {
    Entry& entry = entries_[loaded_++];
    if (!state) continue;
    bytes_ += state->size();
    entry.state = std::move(*state);
  }
}

void KeyOverlay::put(Slot slot, std::string state) {
  Entry& entry = entries_[slot];
  bytes_ += state.size();
  bytes_ -= entry.state.size();
  entry.state = std::move(state);
  entry.changed = true;
}

std::vector<StateStore::Write> KeyOverlay::take_writes() {
  std::vector<Entry*> changed;
  changed.reserve(entries_.size());
  for (Entry& entry : entries_) {
    if (entry.changed) changed.push_back(&entry);
  }
  // The store's sorted tables take keys in order several times faster.
  std::ranges::sort(changed, {}, [](const Entry* entry) -> std::string_view { return entry->key; });
  std::vector<StateStore::Write> writes;
  writes.reserve(changed.size());
  slots_.clear();  // its views end here
  for (Entry* entry : changed) writes.push_back({std::move(entry->key), std::move(entry->state)});
  clear();
  return writes;
}

void KeyOverlay::clear() {
  slots_.clear();
  entries_.clear();
  loaded_ = 0;
  bytes_ = 0;
}

}  // namespace sluice::transform
