#pragma once
// The simulation's dice. At every durable effect of every task it may kill the process that is at work,
// fail the call, or let it happen and lose the reply; and it delays transaction markers. All from one
// seed.

#include <random>

#include "common/base/error.h"
#include "tests/support/memory_log.h"

namespace sluice::testing {

class SeededFaults final : public FaultPlan {
 public:
  explicit SeededFaults(std::uint64_t seed) : random_(seed) {}

  // Between 0 and 1, of every durable effect.
  double crash = 0.03;
  double broken = 0.01;
  bool enabled = true;

  void before(const std::string& effect) override { maybe_fail("before " + effect); }
  void after(const std::string& effect) override { maybe_fail("after " + effect); }
  std::size_t markers_now(std::size_t pending) override {
    return enabled ? random_() % (pending + 1) : pending;
  }

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool chance(double share) { return static_cast<double>(random_() % 1'000'000) < share * 1e6; }
  std::uint64_t crashes() const { return crashes_; }
  std::uint64_t failures() const { return failures_; }

 private:
  void maybe_fail(const std::string& effect) {
    if (!enabled) return;
    if (chance(crash)) {
      ++crashes_;
      throw SimulatedCrash{effect};
    }
    if (chance(broken)) {
      ++failures_;
      throw TaskBroken("simulated failure " + effect);
    }
  }

  std::mt19937_64 random_;
  std::uint64_t crashes_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace sluice::testing
