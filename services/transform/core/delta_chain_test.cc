#include "services/transform/core/delta_chain.h"

#include <gtest/gtest.h>

#include "common/base/error.h"

namespace sluice::transform {
namespace {

FrameHead head(std::uint64_t transaction, std::int64_t from, std::int64_t to,
               std::uint32_t index = 0, std::uint32_t count = 1) {
  FrameHead out;
  out.transaction = transaction;
  out.input_from = from;
  out.input_to = to;
  out.index = index;
  out.count = count;
  return out;
}

void apply(DeltaChain& chain, const FrameHead& frame, std::int64_t offset) {
  ASSERT_EQ(chain.read(frame, offset), DeltaChain::Step::kComplete);
  chain.mark_applied();
}

TEST(DeltaChain, TransactionsThatJoinOnAreApplied) {
  DeltaChain chain;
  apply(chain, head(1, 0, 10), 0);
  apply(chain, head(2, 10, 15), 2);
  EXPECT_EQ(chain.applied().transaction, 2U);
  EXPECT_EQ(chain.applied().input_to, 15);
}

TEST(DeltaChain, ATransactionIsCompleteWithItsLastFrame) {
  DeltaChain chain;
  EXPECT_EQ(chain.read(head(1, 0, 10, 0, 3), 7), DeltaChain::Step::kHold);
  EXPECT_EQ(chain.held_from(), 7);
  EXPECT_EQ(chain.read(head(1, 0, 10, 1, 3), 8), DeltaChain::Step::kHold);
  EXPECT_EQ(chain.held_from(), 7);
  EXPECT_EQ(chain.read(head(1, 0, 10, 2, 3), 9), DeltaChain::Step::kComplete);
  chain.mark_applied();
  EXPECT_EQ(chain.held_from(), std::nullopt);
}

TEST(DeltaChain, WhatWasAppliedIsSkippedWhenReadAgain) {
  DeltaChain chain({5, 50});
  EXPECT_EQ(chain.read(head(4, 30, 40), 1), DeltaChain::Step::kSkip);
  EXPECT_EQ(chain.read(head(5, 40, 50), 2), DeltaChain::Step::kSkip);
  apply(chain, head(6, 50, 60), 3);
}

TEST(DeltaChain, ATornTransactionStopsTheTask) {
  struct Case {
    const char* what;
    std::vector<FrameHead> frames;
  };
  const Case cases[] = {
      {"a gap", {head(7, 60, 70)}},
      {"an input range that does not join on", {head(6, 49, 60)}},
      {"one number with two contents", {head(5, 40, 51)}},
      {"a beginning that is missing", {head(6, 50, 60, 1, 2)}},
      {"a frame that is missing", {head(6, 50, 60, 0, 3), head(6, 50, 60, 2, 3)}},
      {"a transaction begun again", {head(6, 50, 60, 0, 2), head(6, 50, 60, 0, 2)}},
      {"a tail that is missing", {head(6, 50, 60, 0, 2), head(7, 60, 70)}},
      {"two attempts mixed", {head(6, 50, 60, 0, 2), head(6, 50, 61, 1, 2)}},
  };
  for (const Case& one : cases) {
    DeltaChain chain({5, 50});
    EXPECT_THROW(
        for (const FrameHead& frame : one.frames) chain.read(frame, 0), Unsafe)
        << one.what;
  }
}

TEST(DeltaChain, WhatIsAppliedIsReadBack) {
  const auto back = decode_applied(encode(DeltaChain::Applied{300, 70000}));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->transaction, 300U);
  EXPECT_EQ(back->input_to, 70000);
  EXPECT_FALSE(decode_applied("\x02zz"));
}

}  // namespace
}  // namespace sluice::transform
