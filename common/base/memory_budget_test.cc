#include "common/base/memory_budget.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace sluice {
namespace {

TEST(MemoryBudget, WhatIsTakenIsGivenBackAtItsEnd) {
  MemoryBudget budget(100, 150);
  {
    MemoryShare first(budget), second(budget);
    first.grow_to(60);
    first.grow_to(40);  // has more already
    second.grow_to(30);
    second.grow_to(90);
    EXPECT_EQ(budget.taken(), 150U);
  }
  EXPECT_EQ(budget.taken(), 0U);
}

TEST(MemoryBudget, WhatHasNoRoomIsBusyAndLeavesTheOthersWhatTheyHave) {
  MemoryBudget budget(100, 150);
  MemoryShare second(budget);
  {
    MemoryShare first(budget);
    first.grow_to(100);
    second.grow_to(50);
    EXPECT_THROW(second.grow_to(51), MemoryBusy);
    EXPECT_EQ(budget.taken(), 150U);
  }
  second.grow_to(51);
  EXPECT_EQ(budget.taken(), 51U);
  EXPECT_TRUE(second.may_have(100));
  EXPECT_FALSE(second.may_have(101));
}

TEST(MemoryBudget, WhatIsNotInUseMakesRoomAsFarAsItIsNeeded) {
  MemoryBudget budget(100, 100);
  std::vector<std::unique_ptr<MemoryShare>> idle;
  const MemoryBudget::Reserve nothing(budget, [] { return false; });
  std::optional<MemoryBudget::Reserve> reserve;
  reserve.emplace(budget, [&idle] {
    if (idle.empty()) return false;
    idle.pop_back();
    return true;
  });
  for (int i = 0; i < 4; ++i) idle.emplace_back(std::make_unique<MemoryShare>(budget))->grow_to(25);
  MemoryShare share(budget);
  share.grow_to(40);
  EXPECT_EQ(idle.size(), 2U);
  reserve.reset();
  EXPECT_THROW(share.grow_to(60), MemoryBusy);
  EXPECT_EQ(idle.size(), 2U) << "a reserve that is gone is not asked";
}

TEST(MemoryBudget, NeverGivesMoreThanThereIsToManyThreads) {
  MemoryBudget budget(10, 25);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&budget] {
      for (int i = 0; i < 20'000; ++i) {
        MemoryShare share(budget);
        try {
          share.grow_to(10);
        } catch (const MemoryBusy&) {
        }
        EXPECT_LE(budget.taken(), 20U);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.taken(), 0U);
}

}  // namespace
}  // namespace sluice
