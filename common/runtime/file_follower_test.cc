#include "common/runtime/file_follower.h"

#include <gtest/gtest.h>

#include "tests/support/memory_log.h"

namespace sluice {
namespace {

class FileFollowerTest : public ::testing::Test {
 protected:
  FileFollowerTest() { log.create_topic("files", 2); }

  void write(std::int32_t partition, const std::string& id, FileState state, std::int64_t event_max_ms) {
    FileEntry entry;
    entry.file.id = id;
    entry.file.dataset = "visits";
    entry.state = state;
    entry.event_max_ms = event_max_ms;
    entry.finished_ms = clock.unix_ms();
    send(partition, id, to_json(entry));
  }
  void send(std::int32_t partition, const std::string& key, const std::string& value) {
    OutgoingRecord out;
    out.key = key;
    out.value = value;
    log.plain_producer()->send("files", partition, out);
  }

  testing::FaultPlan faults;
  testing::MemoryLog log{faults};
  ManualClock clock;
  FileFollower follower{log, clock, "files"};
};

TEST_F(FileFollowerTest, BeforeItHasLookedNothingIsKnown) {
  EXPECT_FALSE(follower.known());
  follower.look();
  EXPECT_TRUE(follower.known());
  EXPECT_EQ(follower.of_ms("visits", 0), std::nullopt);
}

TEST_F(FileFollowerTest, ItFollowsAllPartitionsAndGoesOnWhereItWas) {
  write(0, "1-a", FileState::kDone, 1000);
  write(1, "2-b", FileState::kDone, 3000);
  follower.look();
  EXPECT_EQ(follower.of_ms("visits", 0), 3000);
  EXPECT_EQ(follower.of_ms("others", 0), std::nullopt);
  write(0, "3-c", FileState::kDone, 4000);
  follower.look();
  EXPECT_EQ(follower.of_ms("visits", 0), 4000);
}

TEST_F(FileFollowerTest, AnIdleSourceIsKnownAsIdleUpToTheLastLookAndNoFurther) {
  write(0, "1-a", FileState::kDone, 1000);
  const std::int64_t then = clock.unix_ms();
  clock.advance(std::chrono::hours(10));
  EXPECT_EQ(follower.of_ms("visits", 3'600'000), std::nullopt) << "nothing was read yet";
  follower.look();
  EXPECT_EQ(follower.of_ms("visits", 3'600'000), then + 9 * 3'600'000);
  clock.advance(std::chrono::hours(10));
  EXPECT_EQ(follower.of_ms("visits", 3'600'000), then + 9 * 3'600'000) << "a file may have come that is not seen yet";
}

TEST_F(FileFollowerTest, WhatIsNoEntryIsPassedOver) {
  send(0, "x", "{");
  write(0, "1-a", FileState::kDone, 1000);
  follower.look();
  EXPECT_EQ(follower.of_ms("visits", 0), 1000);
}

}  // namespace
}  // namespace sluice
