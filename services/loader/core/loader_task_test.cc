#include "services/loader/core/loader_task.h"

#include <gmock/gmock.h>

#include "services/loader/core/test_definition.h"
#include "tests/support/memory_log.h"

namespace sluice::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What a database would hold of the position, and what it was asked to write.
struct FakeTable {
  std::int64_t next = 0;
  std::int64_t epoch = 0;
  std::int64_t age_ms = 0;
  std::vector<std::uint64_t> batches;  // messages of each
};

// What the task told of, in seconds.
struct Told final : LoaderEvents {
  void rows_readable(const Target&, double oldest_seconds) override { rows.push_back(oldest_seconds); }
  void receipt_readable(const FileEntry& receipt, double seconds) override {
    receipts.emplace_back(receipt.file.id, seconds);
  }
  std::vector<double> rows;
  std::vector<std::pair<std::string, double>> receipts;
};

class FakeStore final : public RowStore {
 public:
  explicit FakeStore(FakeTable& table) : table_(table) {}
  Claim take_over(const TopicPartition&) override { return {table_.next, ++table_.epoch, table_.age_ms}; }
  Written write(const TopicPartition&, const Claim& claim, const RowBatch& batch,
                std::int64_t next) override {
    if (claim.epoch != table_.epoch) throw Fenced("another owner");
    table_.batches.push_back(batch.messages());
    table_.next = next;
    return {batch.messages(), 0, 0};
  }

 private:
  FakeTable& table_;
};

class LoaderTaskTest : public ::testing::Test, public RowStores {
 protected:
  std::unique_ptr<RowStore> open(const Target&) override {
    return std::make_unique<FakeStore>(table_);
  }
  void SetUp() override {
    log_.create_topic(target_.topic, 1);
    producer_ = log_.plain_producer();
  }
  void put(int count) {
    for (int i = 0; i < count; ++i) {
      OutgoingRecord record;
      record.key = R"(["A","2017_01"])";
      record.value = "no row, but a message";
      record.timestamp_ms = clock_.unix_ms();
      producer_->send(target_.topic, 0, record);
    }
  }
  LoaderTask task() { return {target_, 0, {log_, *this, clock_, events_}}; }
  void feed(LoaderTask& to, std::int64_t from) {
    const auto fetched = log_.fetch(partition_, from, 1'000'000);
    to.process(partition_, fetched.records);
  }

  std::shared_ptr<const Dataset> dataset_ = testing::visits();
  Target target_ = targets_of(dataset_, Topics())[0];
  TopicPartition partition_{target_.topic, 0};
  sluice::testing::FaultPlan faults_;
  sluice::testing::MemoryLog log_{faults_};
  std::unique_ptr<PlainProducer> producer_;
  ManualClock clock_;
  Told events_;
  FakeTable table_;
};

TEST_F(LoaderTaskTest, ReadsOnWhereTheDatabaseStands) {
  put(5);
  table_.next = 3;
  LoaderTask one = task();
  EXPECT_EQ(one.start()[0].next_offset, 3);
  feed(one, 0);  // the consumer rewound
  one.commit();
  EXPECT_THAT(table_.batches, ElementsAre(2));
  EXPECT_EQ(table_.next, 5);
}

TEST_F(LoaderTaskTest, CommitsWhenTheInputIsIdleOrTheTimeIsOver) {
  put(2);
  LoaderTask one = task();
  one.start();
  EXPECT_FALSE(one.wants_commit(clock_.steady_now(), true));
  feed(one, 0);
  EXPECT_TRUE(one.wants_commit(clock_.steady_now(), true));
  EXPECT_FALSE(one.wants_commit(clock_.steady_now(), false));
  clock_.advance(std::chrono::milliseconds(200));
  EXPECT_TRUE(one.wants_commit(clock_.steady_now(), false));
  one.commit();
  EXPECT_FALSE(one.wants_commit(clock_.steady_now(), true));
  one.commit();
  EXPECT_THAT(table_.batches, ElementsAre(2));
}

TEST_F(LoaderTaskTest, CommitsWhenTheBatchIsFull) {
  put(50'000);
  LoaderTask one = task();
  one.start();
  feed(one, 0);
  EXPECT_TRUE(one.wants_commit(clock_.steady_now(), false));
}

TEST_F(LoaderTaskTest, AnOlderOwnerIsFenced) {
  put(1);
  LoaderTask one = task();
  one.start();
  feed(one, 0);
  LoaderTask two = task();
  two.start();
  EXPECT_THROW(one.commit(), Fenced);
  EXPECT_EQ(table_.next, 0);
}

TEST_F(LoaderTaskTest, APositionBeyondTheLogsEndIsUnsafe) {
  put(2);
  table_.next = 3;
  LoaderTask one = task();
  EXPECT_THROW(one.start(), Unsafe);
}

TEST_F(LoaderTaskTest, ATopicOfWhichDeletionsMayBeForgottenIsUnsafeUnlessNothingCameMeanwhile) {
  put(3);
  table_.age_ms = kAwayAtMostMs + 1;
  table_.next = 2;
  EXPECT_THROW(task().start(), Unsafe);
  table_.next = 3;
  EXPECT_NO_THROW(task().start());
  table_.next = 0;
  EXPECT_NO_THROW(task().start()) << "a new table takes what there is";
  table_.next = 2;
  table_.age_ms = kAwayAtMostMs;
  EXPECT_NO_THROW(task().start());
}

TEST_F(LoaderTaskTest, APositionThatDoesNotMoveIsConfirmedUpToTheTopicsTrueEnd) {
  auto writer = log_.transactional_producer("w");
  writer->take_over(std::vector{partition_});
  writer->begin();
  OutgoingRecord record;
  record.key = "k";
  record.value = "v";
  writer->produce(writer->topic(target_.topic), 0, record);
  writer->commit();
  LoaderTask one = task();
  one.start();
  EXPECT_FALSE(one.wants_commit(clock_.steady_now(), true));
  clock_.advance(std::chrono::minutes(1));
  ASSERT_TRUE(one.wants_commit(clock_.steady_now(), true));
  one.commit();
  EXPECT_EQ(table_.next, 0) << "there is a message that it has not read";
  feed(one, 0);
  one.commit();
  EXPECT_EQ(table_.next, 1);
  clock_.advance(std::chrono::hours(1));
  one.commit();
  EXPECT_EQ(table_.next, 2) << "behind the marker";
  EXPECT_FALSE(one.wants_commit(clock_.steady_now(), true));
}

TEST_F(LoaderTaskTest, TellsHowLongTheOldestRowOfABatchWasOnItsWay) {
  LoaderTask one = task();
  one.start();
  put(1);
  clock_.advance(std::chrono::milliseconds(1500));
  put(1);
  clock_.advance(std::chrono::milliseconds(500));
  feed(one, 0);
  one.commit();
  EXPECT_THAT(events_.rows, ElementsAre(2.0));
  EXPECT_THAT(events_.receipts, IsEmpty());
}

TEST_F(LoaderTaskTest, ATableThatIsLoadedAnewIsNoNews) {
  put(2);
  clock_.advance(std::chrono::hours(1));
  LoaderTask one = task();
  one.start();
  feed(one, 0);
  one.commit();
  EXPECT_THAT(events_.rows, IsEmpty());
  put(1);
  feed(one, 2);
  one.commit();
  EXPECT_THAT(events_.rows, ElementsAre(0.0));
}

TEST_F(LoaderTaskTest, TellsHowLongAFileWasOnItsWayOnceItsReceiptIsDone) {
  target_ = files_target(Topics(), 1);
  partition_ = {target_.topic, 0};
  log_.create_topic(target_.topic, 1);
  LoaderTask one = task();
  one.start();
  FileEntry entry;
  entry.file.id = "17-9f86d081884c";
  entry.file.name = "bookings.csv";
  entry.file.found_ms = clock_.unix_ms();
  entry.state = FileState::kReading;
  const auto tell = [&] {
    const std::string json = to_json(entry);
    OutgoingRecord record;
    record.key = entry.file.id;
    record.value = json;
    const std::int64_t at = producer_->send(target_.topic, 0, record);
    clock_.advance(std::chrono::milliseconds(250));
    feed(one, at);
    one.commit();
  };
  tell();
  EXPECT_THAT(events_.receipts, IsEmpty());
  entry.state = FileState::kDone;
  tell();
  EXPECT_THAT(events_.receipts, ElementsAre(std::pair("17-9f86d081884c", 0.5)));
}

TEST_F(LoaderTaskTest, EveryTargetIsAKindOfTask) {
  std::vector<std::string> names;
  LoaderTasks tasks(targets_of(dataset_, Topics()), {log_, *this, clock_, events_});
  for (const TaskKind& kind : tasks.kinds()) names.push_back(kind.kind + " " + kind.topics[0]);
  EXPECT_THAT(names, ElementsAre("rows:monthly sluice.monthly.rows.v1",
                                 "dead-letters:visits sluice.visits.dead-letters.v1",
                                 "records:visits sluice.visits.records.v1"));
  EXPECT_NE(tasks.make({"rows:monthly", 0}), nullptr);
  EXPECT_THROW(tasks.make({"rows:yearly", 0}), Unsafe);
}

}  // namespace
}  // namespace sluice::loader
