// Rows that come behind their closed window, in a dataset whose definition refuses them.
#include "common/definition/definition_parser.h"
#include "services/ingest/core/shard_task_fixture.h"

namespace sluice::ingest {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kFebruaryMs = 17'198 * kDayMs;  // 2017-02-01

class LateRows : public ShardTaskTest {
 protected:
  LateRows() {
    datasets.dataset = std::make_shared<const Dataset>(parse_definition(R"(dataset: things
source: { files: "*.csv" }
format: csv
key: id
event_time: day
late: reject
fields:
  id:  { type: string, required: true }
  day: { type: date, required: true }
reports:
  monthly: { window: { tumbling: month, name: month }, measures: { n: count } }
)",
                                                                        "things.yaml")
                                                           .value());
    files.put("a.csv", kContent);
  }
  std::vector<DeadLetter> letters() {
    std::vector<DeadLetter> out;
    for (const Seen& message : messages(topics.dead_letters("things"), 2)) {
      out.push_back(dead_letter_from_json(message.value).value());
    }
    return out;
  }
  // Longer than a chunk, so that a crash finds its middle.
  const std::string kContent =
      "id,day\na,2017-01-31\nb,2017-02-01\nc,2017-01-02\nd,2017-02-03\ne,2017-01-05\nf,2017-03-01\ng,2017-01-06\n";
};

TEST_F(LateRows, ARowOfAWindowThatWasCompleteWhenTheFileCameIsADeadLetter) {
  watermarks.ms = kFebruaryMs;
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), (std::multiset<std::string>{id + ":0:3", id + ":0:5", id + ":0:7"}));
  ASSERT_EQ(letters().size(), 4U);
  for (const DeadLetter& letter : letters()) EXPECT_EQ(letter.rule, "late");
  const FileEntry read = entry(id);
  EXPECT_EQ(read.rows, 7U);
  EXPECT_EQ(read.published, 3U);
  EXPECT_EQ(read.rejected, 4U);
}

TEST_F(LateRows, TheReasonNamesTheRowsTimeAndHowFarTheOtherFilesReach) {
  watermarks.ms = kFebruaryMs;
  files.put("one.csv", "id,day\na,2017-01-31\n");
  announce("one.csv");
  start();
  run();
  ASSERT_EQ(letters().size(), 1U);
  EXPECT_THAT(letters()[0].reason, ::testing::HasSubstr("2017-01-31T00:00:00Z"));
  EXPECT_THAT(letters()[0].reason, ::testing::HasSubstr("2017-02-01T00:00:00Z"));
}

TEST_F(LateRows, WhereNothingIsKnownOfOtherFilesNothingIsLate) {
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), lines(id, 2, 8));
}

TEST_F(LateRows, AFileWaitsUntilItIsKnownWhatIsLate) {
  watermarks.is_known = false;
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_TRUE(origins().empty());
  watermarks.is_known = true;
  watermarks.ms = kFebruaryMs;
  clock.advance(std::chrono::seconds(1));
  run();
  EXPECT_EQ(origins().size(), 3U);
  EXPECT_EQ(entry(id).rows, 7U);
}

TEST_F(LateRows, WhatWasLateWhenTheFileWasBegunIsLateAfterACrashInItsMiddleAndNothingElse) {
  watermarks.ms = kFebruaryMs;
  const std::string id = announce("a.csv");
  start();
  while (entry(id).next_byte == 0) {
    const auto fetched = log.fetch({topics.announcements(), 0}, positions[topics.announcements()], 10);
    task->process({topics.announcements(), 0}, fetched.records);
    positions[topics.announcements()] = fetched.next_offset;
    task->work();
    if (task->wants_commit(clock.steady_now(), false)) task->commit();
  }
  ASSERT_LT(entry(id).next_byte, kContent.size()) << "the file fits into a chunk";
  watermarks.ms = kFebruaryMs + 400 * kDayMs;  // others came meanwhile
  start();
  run();
  EXPECT_EQ(origins(), (std::multiset<std::string>{id + ":0:3", id + ":0:5", id + ":0:7"}));
  EXPECT_EQ(entry(id).rejected, 4U);
}

TEST_F(LateRows, ADatasetThatAmendsRefusesNone) {
  auto amending = std::make_shared<Dataset>(*datasets.dataset);
  amending->rejects_late = false;
  datasets.dataset = amending;
  watermarks.ms = kFebruaryMs;
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), lines(id, 2, 8));
}

}  // namespace
}  // namespace sluice::ingest
