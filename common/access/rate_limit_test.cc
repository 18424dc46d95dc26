#include "common/access/rate_limit.h"

#include <gtest/gtest.h>

namespace sluice::access {
namespace {

using namespace std::chrono_literals;

class RateLimitTest : public testing::Test {
 protected:
  bool takes(RateLimiter& limiter, const std::string& client) { return !limiter.take(client, clock_.steady_now()); }

  ManualClock clock_;
};

TEST_F(RateLimitTest, WithoutALimitEveryoneMay) {
  RateLimiter limiter({0, 1});
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(takes(limiter, "a"));
}

TEST_F(RateLimitTest, ABurstIsTakenAndThenOneAfterAnother) {
  RateLimiter limiter({2, 5});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(takes(limiter, "a")) << i;
  EXPECT_EQ(limiter.take("a", clock_.steady_now()), 500ms);
  clock_.advance(499ms);
  EXPECT_EQ(limiter.take("a", clock_.steady_now()), 1ms);
  clock_.advance(1ms);
  EXPECT_TRUE(takes(limiter, "a"));
  EXPECT_FALSE(takes(limiter, "a"));
}

TEST_F(RateLimitTest, APauseFillsTheBucketAndNoMore) {
  RateLimiter limiter({10, 3});
  EXPECT_TRUE(takes(limiter, "a"));
  clock_.advance(1h);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(takes(limiter, "a")) << i;
  EXPECT_FALSE(takes(limiter, "a"));
}

TEST_F(RateLimitTest, ClientsDoNotTakeFromEachOther) {
  RateLimiter limiter({1, 1});
  EXPECT_TRUE(takes(limiter, "a"));
  EXPECT_FALSE(takes(limiter, "a"));
  EXPECT_TRUE(takes(limiter, "b"));
}

TEST_F(RateLimitTest, OfVeryManyClientsTheOneThatAskedLongestAgoIsForgotten) {
  RateLimiter limiter({1, 1}, 2);
  EXPECT_TRUE(takes(limiter, "a"));
  EXPECT_TRUE(takes(limiter, "b"));
  EXPECT_FALSE(takes(limiter, "a"));
  EXPECT_TRUE(takes(limiter, "c")) << "in b's place";
  EXPECT_FALSE(takes(limiter, "a"));
  EXPECT_FALSE(takes(limiter, "c"));
  EXPECT_TRUE(takes(limiter, "b"));
}

}  // namespace
}  // namespace sluice::access
