#include "services/loader/core/csv_pace.h"

#include <algorithm>

namespace sluice::loader {
namespace {

constexpr std::chrono::seconds kLeastPause{1};
constexpr std::chrono::seconds kMostPause{60};
constexpr int kRestToWork = 3;
constexpr Clock::Steady::duration kLongestRest = std::chrono::seconds(10);
constexpr Clock::Steady::duration kBackOff = std::chrono::seconds(1);

}  // namespace

void RetryPause::failed(Clock::Steady now) {
  pause_ = std::clamp(2 * pause_, kLeastPause, kMostPause);
  until_ = now + pause_;
}

Clock::Steady::duration rest_behind(Clock::Steady::duration work, bool away) {
  const auto rest = std::min(kRestToWork * work, kLongestRest);
  return away ? std::max(rest, kBackOff) : rest;
}

}  // namespace sluice::loader
