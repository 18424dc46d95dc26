#include "common/base/memory_budget.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace sluice {

MemoryBudget::Reserve::Reserve(MemoryBudget& budget, std::function<bool()> give_back) : budget_(budget) {
  const std::lock_guard lock(budget_.reclaiming_);
  at_ = budget_.reserves_.insert(budget_.reserves_.end(), std::move(give_back));
}

MemoryBudget::Reserve::~Reserve() {
  const std::lock_guard lock(budget_.reclaiming_);
  budget_.reserves_.erase(at_);
}

std::size_t MemoryBudget::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

void MemoryBudget::take(std::size_t bytes) {
  while (!try_take(bytes)) {
    if (!reclaim()) throw MemoryBusy("no memory is free for unpacking now");
  }
}

bool MemoryBudget::try_take(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > all_ - taken_) return false;
  taken_ += bytes;
  return true;
}

void MemoryBudget::give_back(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  taken_ -= bytes;
}

bool MemoryBudget::reclaim() {
  const std::lock_guard lock(reclaiming_);
  return std::ranges::any_of(reserves_, [](const auto& give_back) { return give_back(); });
}

void MemoryShare::grow_to(std::size_t bytes) {
  SLUICE_CHECK(may_have(bytes), "who asks for more than one may have is refused before");
  if (bytes <= bytes_) return;
  budget_.take(bytes - bytes_);
  bytes_ = bytes;
}

}  // namespace sluice
