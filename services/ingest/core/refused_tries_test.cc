#include "services/ingest/core/refused_tries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace sluice::ingest {
namespace {

TEST(RefusedTriesTest, PausesGrowAndEndWithTheLastTry) {
  const RefusedTries tries{6, std::chrono::milliseconds(500), std::chrono::milliseconds(3000)};
  std::vector<long> pauses;
  for (int refused = 1; const auto pause = tries.pause_after(refused); ++refused) pauses.push_back(pause->count());
  EXPECT_THAT(pauses, ::testing::ElementsAre(500, 1000, 2000, 3000, 3000));
  EXPECT_FALSE(tries.pause_after(6));
  EXPECT_FALSE(tries.pause_after(1000));
  EXPECT_FALSE((RefusedTries{1}.pause_after(1)));
}

TEST(RefusedTriesTest, TheReasonSaysWhyHowOftenAndWhatToDo) {
  EXPECT_EQ(refused_for_good("HTTP 403 AccessDenied", 3),
            "The file may not be read: HTTP 403 AccessDenied. It was refused 3 times; once it may be read, put it "
            "there anew: a new version is tried anew.");
}

}  // namespace
}  // namespace sluice::ingest
