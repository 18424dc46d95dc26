#include "common/base/crash_point.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace sluice {
namespace {

TEST(CrashPoint, DoesNothingUnlessArmed) {
  arm_crash_point("");
  crash_point("ingest.after-commit");
}

TEST(CrashPointDeathTest, KillsTheProcessTheHardWay) {
  EXPECT_EXIT(
      {
        arm_crash_point("ingest.after-commit");
        crash_point("ingest.before-announce");
        crash_point("ingest.after-commit");
      },
      testing::KilledBySignal(SIGKILL), "");
}

TEST(CrashPointDeathTest, CanWaitForTheNthTime) {
  EXPECT_EXIT(
      {
        arm_crash_point("stage1.after-commit:3");
        crash_point("stage1.after-commit");
        crash_point("stage1.after-commit");
        std::fputs("twice alive\n", stderr);
        crash_point("stage1.after-commit");
      },
      testing::KilledBySignal(SIGKILL), "twice alive");
}

}  // namespace
}  // namespace sluice
