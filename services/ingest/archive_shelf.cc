#include "services/ingest/archive_shelf.h"

#include <utility>

namespace sluice::ingest {

std::optional<ArchiveShelf::Reader> ArchiveShelf::take(const std::string& archive,
                                                       std::uint32_t entry) {
  const std::lock_guard lock(mutex_);
  auto best = idle_.end();
  for (auto at = idle_.begin(); at != idle_.end(); ++at) {
    if (at->archive != archive || at->reader.at >= entry) continue;
    if (best == idle_.end() || at->reader.at > best->reader.at) best = at;
  }
  if (best == idle_.end()) return std::nullopt;
  Reader out = std::move(best->reader);
  idle_.erase(best);
  return out;
}

void ArchiveShelf::put(const std::string& archive, Reader reader) {
  std::list<Idle> dropped;  // closed outside the lock
  const std::lock_guard lock(mutex_);
  idle_.push_back({archive, std::move(reader)});
  if (idle_.size() > places_) dropped.splice(dropped.begin(), idle_, idle_.begin());
}

void ArchiveShelf::drop(const std::string& archive) {
  const std::lock_guard lock(mutex_);
  std::erase_if(idle_, [&](const Idle& idle) { return idle.archive == archive; });
}

bool ArchiveShelf::drop_oldest() {
  std::list<Idle> dropped;  // closed outside the lock
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return false;
  dropped.splice(dropped.begin(), idle_, idle_.begin());
  return true;
}

}  // namespace sluice::ingest
