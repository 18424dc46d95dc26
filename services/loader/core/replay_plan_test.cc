#include "services/loader/core/replay_plan.h"

#include <gtest/gtest.h>

namespace sluice::loader {
namespace {

using std::chrono::seconds;

Replay in(ReplayStage stage, seconds since = seconds(0)) {
  Replay out;
  out.stage = stage;
  out.in_stage = since;
  return out;
}
ReplaySeen near_the_end() {
  ReplaySeen seen;
  seen.live = {{"records", 900'000, 1'000'000}, {"rows", 50, 50}};
  seen.building = {{"records", 899'000, 1'000'000}, {"rows", 48, 50}};
  return seen;
}

TEST(ReplayPlan, BeginsBuildsUntilItIsAsFarAsTheLiveOneAndCutsThen) {
  EXPECT_EQ(next_step(in(ReplayStage::kQueued), {}), ReplayStep::kBegin);
  ReplaySeen seen = near_the_end();
  seen.building[0].read = 100;
  EXPECT_EQ(next_step(in(ReplayStage::kBuilding, seconds(86'400)), seen), ReplayStep::kWait) << "a build may take long";
  EXPECT_EQ(next_step(in(ReplayStage::kBuilding), near_the_end()), ReplayStep::kCut)
      << "although records stream in faster than either reads";
  seen = near_the_end();
  seen.building[1] = {"rows", 0, 10'000};
  EXPECT_EQ(next_step(in(ReplayStage::kBuilding), seen), ReplayStep::kWait) << "what was read has not come through";
  EXPECT_EQ(next_step(in(ReplayStage::kBuilding), {}), ReplayStep::kWait) << "nothing is seen of it yet";
}

TEST(ReplayPlan, ComparesWhenBothStandAtTheCutAndAllHasComeToTheTables) {
  ReplaySeen seen = near_the_end();
  EXPECT_EQ(next_step(in(ReplayStage::kCutting), seen), ReplayStep::kWait);
  seen.held = true;
  EXPECT_EQ(next_step(in(ReplayStage::kCutting), seen), ReplayStep::kWait);
  seen.flushed = true;
  EXPECT_EQ(next_step(in(ReplayStage::kCutting), seen), ReplayStep::kCompare);
  EXPECT_EQ(next_step(in(ReplayStage::kComparing), {}), ReplayStep::kCompare) << "whoever took over does it again";
}

TEST(ReplayPlan, ACutThatDoesNotComeThroughIsGivenUpAndTriedThreeTimes) {
  EXPECT_EQ(next_step(in(ReplayStage::kCutting, kCutLimit), near_the_end()), ReplayStep::kGiveUp);
  Replay again = in(ReplayStage::kBuilding, seconds(9));
  again.tries = 1;
  EXPECT_EQ(next_step(again, near_the_end()), ReplayStep::kWait) << "the live one catches up first";
  again.in_stage = kCutPause;
  EXPECT_EQ(next_step(again, near_the_end()), ReplayStep::kCut);
  again.tries = kCutTries;
  EXPECT_EQ(next_step(again, near_the_end()), ReplayStep::kFail);
}

TEST(ReplayPlan, WhatNobodyWantsAnyMoreIsDroppedAtAnyTimeBeforeTheDecision) {
  ReplaySeen seen = near_the_end();
  seen.wanted = false;
  for (const auto stage : {ReplayStage::kQueued, ReplayStage::kBuilding, ReplayStage::kCutting, ReplayStage::kComparing}) {
    EXPECT_EQ(next_step(in(stage), seen), ReplayStep::kDrop) << to_string(stage);
  }
  EXPECT_EQ(next_step(in(ReplayStage::kRemoving, seconds(0)), seen), ReplayStep::kWait);
  EXPECT_EQ(next_step(in(ReplayStage::kRemoving, kRemoveAfter), seen), ReplayStep::kRemove);
}

TEST(ReplayPlan, StagesAreTextsAndBack) {
  for (const auto stage : {ReplayStage::kQueued, ReplayStage::kBuilding, ReplayStage::kCutting, ReplayStage::kComparing,
                           ReplayStage::kRemoving}) {
    EXPECT_EQ(replay_stage(to_string(stage)), stage);
  }
  EXPECT_EQ(progress_json({}), "[]");
  EXPECT_EQ(progress_json({{"records", 1, 2}, {"rows", 3, 4}}),
            R"([{"hop":"records","read":1,"of":2},{"hop":"rows","read":3,"of":4}])");
}

}  // namespace
}  // namespace sluice::loader
