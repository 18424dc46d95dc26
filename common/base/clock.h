#pragma once
// The only way the code asks for the time. Production passes SystemClock; tests pass ManualClock.
// No result (a report, a receipt's counts) ever depends on it: it paces work and stamps metadata.

#include <chrono>
#include <cstdint>

namespace sluice {

class Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  // Monotonic; for deadlines and pacing.
  virtual Steady steady_now() const = 0;
  // Milliseconds since 1970-01-01 UTC; for metadata only.
  virtual std::int64_t unix_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  Steady steady_now() const override { return std::chrono::steady_clock::now(); }
  std::int64_t unix_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

// Stands still until advanced.
class ManualClock final : public Clock {
 public:
  Steady steady_now() const override { return now_; }
  std::int64_t unix_ms() const override { return unix_ms_; }
  void advance(std::chrono::milliseconds by) {
    now_ += by;
    unix_ms_ += by.count();
  }

 private:
  Steady now_{};
  std::int64_t unix_ms_ = 1'700'000'000'000;
};

}  // namespace sluice
