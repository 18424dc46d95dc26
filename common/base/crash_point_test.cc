#include "common/base/crash_point.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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

TEST(CrashPoint, CanFreezeTheProcessOnceUntilItIsWoken) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    arm_crash_point("loader.before-commit:freeze");
    crash_point("loader.after-copy");
    crash_point("loader.before-commit");
    crash_point("loader.before-commit");
    ::_exit(7);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status));
  ::kill(child, SIGCONT);
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

}  // namespace
}  // namespace sluice
