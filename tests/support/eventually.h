#pragma once
// How tests wait: for a condition, with a deadline.

#include <chrono>
#include <functional>
#include <thread>

namespace sluice::testing {

// Polls `condition` every 20 ms until it is true or the deadline has passed; returns whether it became
// true.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::seconds deadline = std::chrono::seconds(60)) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace sluice::testing
