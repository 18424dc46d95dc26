#include "services/transform/core/key_overlay.h"

#include <algorithm>

#include "common/base/check.h"

namespace sluice::transform {
namespace {

// An entry's share of the table, and the strings' own heads.
constexpr std::size_t kEntryOverhead = 96;

}  // namespace

void KeyOverlay::want(std::string_view key) {
  if (entries_.contains(key)) return;
  entries_.emplace(std::string(key), Entry{});
  wanted_.emplace_back(key);
  bytes_ += key.size() + kEntryOverhead;
}

void KeyOverlay::load(const StateStore& store) {
  if (wanted_.empty()) return;
  const std::vector<std::string_view> keys(wanted_.begin(), wanted_.end());
  auto found = store.get_many(keys);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!found[i]) continue;
    bytes_ += found[i]->size();
    entries_.find(keys[i])->second.state = std::move(*found[i]);
  }
  wanted_.clear();
}

std::string_view KeyOverlay::get(std::string_view key) const {
  const auto found = entries_.find(key);
  SLUICE_CHECK(found != entries_.end(), "a key is loaded before it is read");
  return found->second.state;
}

void KeyOverlay::put(std::string_view key, std::string state) {
  Entry& entry = entries_.find(key)->second;
  bytes_ += state.size();
  bytes_ -= entry.state.size();
  entry.state = std::move(state);
  entry.changed = true;
}

std::vector<StateStore::Write> KeyOverlay::take_writes() {
  std::vector<StateStore::Write> writes;
  writes.reserve(entries_.size());
  for (auto& [key, entry] : entries_) {
    if (entry.changed) writes.push_back({key, std::move(entry.state)});
  }
  // The store's sorted tables take keys in order several times faster.
  std::ranges::sort(writes, {}, &StateStore::Write::key);
  clear();
  return writes;
}

void KeyOverlay::clear() {
  entries_.clear();
  wanted_.clear();
  bytes_ = 0;
}

}  // namespace sluice::transform
