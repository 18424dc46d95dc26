#pragma once
// Memory that several parts of a process share, counted in bytes. Nobody waits for it here: who holds some and
// waited for more could keep another waiting for ever, who does the same. What has no room now is MemoryBusy; its
// taker lets go of what it holds, and tries again later.
//
// Thread-safe.

#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>

namespace sluice {

// There is no room now. Others have it, and give it back.
class MemoryBusy : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class MemoryBudget {
 public:
  // `each`: what one may have at most; `all`: what all may have together.
  MemoryBudget(std::size_t each, std::size_t all) : each_(each), all_(all) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  std::size_t each() const { return each_; }
  std::size_t all() const { return all_; }
  std::size_t taken() const;

  // While it lives, `give_back` is called where there is no room, from any thread. It drops something that holds
  // memory and is not in use; false: there is nothing.
  class Reserve {
   public:
    Reserve(MemoryBudget& budget, std::function<bool()> give_back);
    ~Reserve();
    Reserve(const Reserve&) = delete;
    Reserve& operator=(const Reserve&) = delete;

   private:
    MemoryBudget& budget_;
    std::list<std::function<bool()>>::iterator at_;
  };

 private:
  friend class MemoryShare;
  void take(std::size_t bytes);
  bool try_take(std::size_t bytes);
  void give_back(std::size_t bytes);
  bool reclaim();

  const std::size_t each_, all_;
  mutable std::mutex mutex_;  // taken_
  std::size_t taken_ = 0;
  std::mutex reclaiming_;  // reserves_, and held while one is called; taken before mutex_
  std::list<std::function<bool()>> reserves_;
};

// What one has of it, given back at its end. One thread uses one.
class MemoryShare {
 public:
  explicit MemoryShare(MemoryBudget& budget) : budget_(budget) {}
  ~MemoryShare() { budget_.give_back(bytes_); }
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

  bool may_have(std::size_t bytes) const { return bytes <= budget_.each(); }
  // Has that many from now on, or more if it had. Throws MemoryBusy.
  void grow_to(std::size_t bytes);
  const MemoryBudget& budget() const { return budget_; }

 private:
  MemoryBudget& budget_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice
