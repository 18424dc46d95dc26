#include "common/model/event_time.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kNow = 20'000 * kDay;

FileEntry file(const std::string& id, FileState state, std::int64_t event_max_ms, std::int64_t finished_ms = kNow) {
  FileEntry entry;
  entry.file.id = id;
  entry.file.dataset = "visits";
  entry.state = state;
  entry.event_max_ms = event_max_ms;
  entry.finished_ms = finished_ms;
  return entry;
}

TEST(FileProgress, OfADatasetWithoutFilesNothingIsKnown) {
  EXPECT_EQ(FileProgress().watermark_ms("visits", kDay, kNow), std::nullopt);
}

TEST(FileProgress, OnlyASettledFileMovesTheWatermark) {
  FileProgress files;
  files.take(file("1-a", FileState::kReading, 100 * kDay));
  EXPECT_EQ(files.watermark_ms("visits", 0, kNow), std::nullopt);
  files.take(file("1-a", FileState::kDone, 110 * kDay));
  EXPECT_EQ(files.watermark_ms("visits", 0, kNow), 110 * kDay);
}

TEST(FileProgress, TheWatermarkNeverGoesBack) {
  FileProgress files;
  files.take(file("1-a", FileState::kDone, 110 * kDay));
  files.take(file("2-b", FileState::kDone, 50 * kDay));
  EXPECT_EQ(files.watermark_ms("visits", 0, kNow), 110 * kDay);
}

TEST(FileProgress, FailedAndDuplicateFilesTellNothing) {
  FileProgress files;
  files.take(file("1-a", FileState::kFailed, 110 * kDay));
  files.take(file("2-b", FileState::kDuplicate, 110 * kDay));
  EXPECT_EQ(files.watermark_ms("visits", 0, kNow), std::nullopt);
}

TEST(FileProgress, AnEventOfTheFutureCountsUpToTheMomentItsFileWasSettled) {
  FileProgress files;
  files.take(file("1-a", FileState::kDone, kNow + 5000 * kDay, kNow - kDay));
  EXPECT_EQ(files.watermark_ms("visits", 0, kNow), kNow - kDay);
}

TEST(FileProgress, EventsBefore1970Count) {
  FileProgress files;
  files.take(file("1-a", FileState::kDone, -300 * kDay));
  EXPECT_EQ(files.watermark_ms("visits", 0, kNow), -300 * kDay);
}

TEST(FileProgress, AnIdleSourceMovesTheWatermarkWithTheClock) {
  FileProgress files;
  files.take(file("1-a", FileState::kDone, 110 * kDay, kNow - 3 * kDay));
  EXPECT_EQ(files.watermark_ms("visits", 4 * kDay, kNow), 110 * kDay) << "not idle for long enough";
  EXPECT_EQ(files.watermark_ms("visits", 2 * kDay, kNow), kNow - 2 * kDay);
}

TEST(FileProgress, AFileThatIsWaitedForIsNoIdleSource) {
  FileProgress files;
  files.take(file("1-a", FileState::kDone, 110 * kDay, kNow - 3 * kDay));
  files.take(file("2-b", FileState::kWaiting, 0));
  EXPECT_EQ(files.watermark_ms("visits", 2 * kDay, kNow), 110 * kDay);
  files.take(file("2-b", FileState::kFailed, 0, kNow - 3 * kDay));
  EXPECT_EQ(files.watermark_ms("visits", 2 * kDay, kNow), kNow - 2 * kDay);
}

}  // namespace
}  // namespace sluice
