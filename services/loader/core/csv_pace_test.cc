#include "services/loader/core/csv_pace.h"

#include <gtest/gtest.h>

namespace sluice::loader {
namespace {

using namespace std::chrono_literals;

TEST(RetryPause, GrowsFromASecondToAMinuteAndIsForgottenWithASuccess) {
  RetryPause pause;
  Clock::Steady now{100s};
  EXPECT_TRUE(pause.over(now));
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    pause.failed(now);
    EXPECT_FALSE(pause.over(now + expected - 1ms)) << expected.count();
    EXPECT_TRUE(pause.over(now + expected)) << expected.count();
    now += expected;
  }
  pause.succeeded();
  EXPECT_TRUE(pause.over(Clock::Steady{}));
  pause.failed(now);
  EXPECT_TRUE(pause.over(now + 1s));
}

TEST(RestBehindALook, IsThreeTimesItsWorkUpToTenSeconds) {
  EXPECT_EQ(rest_behind(20ms, false), 60ms);
  EXPECT_EQ(rest_behind(2s, false), 6s);
  EXPECT_EQ(rest_behind(1h, false), 10s);
}

TEST(RestBehindALook, IsASecondAtLeastWhenTheDatabaseIsAwayAndMoreAfterMoreWork) {
  EXPECT_EQ(rest_behind(20ms, true), 1s);
  EXPECT_EQ(rest_behind(2s, true), 6s);
  EXPECT_EQ(rest_behind(1h, true), 10s);
}

}  // namespace
}  // namespace sluice::loader
