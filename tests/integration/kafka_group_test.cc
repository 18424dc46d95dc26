// A worker's two consumers against the real broker, apart and together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

#include "common/adapters/kafka/group_consumers.h"
#include "common/adapters/kafka/kafka_admin.h"
#include "common/adapters/kafka/kafka_log.h"
#include "common/base/error.h"
#include "tests/support/environment.h"
#include "tests/support/eventually.h"

namespace sluice::testing {
namespace {

using std::chrono::milliseconds;
using Values = std::vector<std::string>;

class KafkaGroupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings.brokers = test_environment().kafka;
    topic = fresh_prefix() + ".t.v1";
    admin().ensure_topics({kept_for_ever(topic, 4)});
    producer = log().transactional_producer(topic + "-writer");
    handle = producer->topic(topic);
  }
  kafka::KafkaAdmin admin() { return kafka::KafkaAdmin(settings); }
  kafka::KafkaLog& log() {
    if (!log_) log_ = std::make_unique<kafka::KafkaLog>(settings);
    return *log_;
  }
  void put(std::int32_t partition, const std::string& value) {
    OutgoingRecord record;
    record.key = "k";
    record.value = value;
    producer->produce(handle, partition, record);
  }
  void commit(std::int32_t partition, const Values& values) {
    producer->begin();
    for (const std::string& value : values) put(partition, value);
    producer->commit();
  }
  Position at(std::int32_t partition, std::int64_t offset) const {
    return {{topic, partition}, offset};
  }

  KafkaSettings settings;
  std::string topic;
  std::unique_ptr<kafka::KafkaLog> log_;
  std::unique_ptr<TransactionalProducer> producer;
  TopicHandle handle = 0;
};

// --- the reader

class KafkaReaderTest : public KafkaGroupTest {
 protected:
  // Polls until that many records were delivered.
  Values read(std::size_t count) {
    Values out;
    eventually([&] {
      reader().poll(milliseconds(20), 1'000,
                    [&](const TopicPartition& from, std::span<const LogRecord> records) {
                      for (const LogRecord& r : records)
                        out.push_back(std::to_string(from.partition) + ":" + std::string(r.value));
                    });
      return out.size() >= count;
    });
    return out;
  }
  // Polls until the partition cannot be read on.
  PartitionFailed failure() {
    try {
      read(1'000);
    } catch (const PartitionFailed& failed) {
      return failed;
    }
    return {{}, false, "nothing failed"};
  }
  std::int64_t lag(std::int32_t partition) {
    for (const auto& [name, behind] : reader().lag()) {
      if (name.partition == partition) return behind;
    }
    return -1;
  }
  kafka::KafkaPositionReader& reader() {
    if (!reader_) reader_ = std::make_unique<kafka::KafkaPositionReader>(settings);
    return *reader_;
  }
  std::unique_ptr<kafka::KafkaPositionReader> reader_;
};

TEST_F(KafkaReaderTest, ReadsEachPartitionFromItsPositionInOrder) {
  commit(0, {"a", "b", "c"});
  commit(1, {"x", "y"});
  reader().assign({at(0, 1), at(1, 0)});
  Values got = read(4);
  std::ranges::stable_sort(got, {}, [](const std::string& v) { return v[0]; });
  EXPECT_EQ(got, (Values{"0:b", "0:c", "1:x", "1:y"}));
}

TEST_F(KafkaReaderTest, AnotherAssignmentReplacesTheOldOneAndWhatIsQueuedOfIt) {
  commit(0, {"a", "b"});
  commit(1, {"x"});
  reader().assign({at(0, 0)});
  EXPECT_EQ(read(2), (Values{"0:a", "0:b"}));
  reader().assign({at(1, 0)});
  commit(0, {"not for us"});
  EXPECT_EQ(read(1), Values{"1:x"});
  reader().assign({at(0, 1), at(1, 1)});
  EXPECT_EQ(read(2), (Values{"0:b", "0:not for us"})) << "back to where the task says";
}

TEST_F(KafkaReaderTest, NeverHandsOutWhatIsNotCommitted) {
  const auto ends = log().reader();
  producer->begin();
  put(0, "never");
  ASSERT_TRUE(eventually([&] { return ends->end_offset({topic, 0}) == 1; }));
  producer->abort();
  producer->begin();
  put(0, "open");
  ASSERT_TRUE(eventually([&] { return ends->end_offset({topic, 0}) == 3; })) << "with the marker";
  {
    auto other = log().transactional_producer(topic + "-other");
    other->begin();
    OutgoingRecord record;
    record.value = "committed behind it";
    other->produce(other->topic(topic), 0, record);
    other->commit();
  }
  reader().assign({at(0, 0)});
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(reader().poll(milliseconds(20), 10, [](auto&&, auto&&) {}), 0U);
    return lag(0) > 0;
  }));
  producer->commit();
  EXPECT_EQ(read(2), (Values{"0:open", "0:committed behind it"}));
}

TEST_F(KafkaReaderTest, HasNoLagWhenAllIsReadThoughTheLastThingIsAMarker) {
  commit(0, {"a", "b"});
  reader().assign({at(0, 0)});
  EXPECT_EQ(read(2), (Values{"0:a", "0:b"}));
  EXPECT_TRUE(eventually([&] {
    reader().poll(milliseconds(20), 10, [](auto&&, auto&&) {});
    return lag(0) == 0;
  })) << lag(0);
}

TEST_F(KafkaReaderTest, APurgedPositionFailsItsPartitionForGood) {
  commit(0, {"a", "b", "c"});
  admin().purge_before({at(0, 2)});
  EXPECT_EQ(log().reader()->begin_offset({topic, 0}), 2);
  EXPECT_THROW(log().reader()->read({topic, 0}, 1, 3, [](const LogRecord&) {}), Unsafe);
  reader().assign({at(0, 1), at(1, 0)});
  const PartitionFailed failed = failure();
  EXPECT_EQ(failed.partition, (TopicPartition{topic, 0})) << failed.what();
  EXPECT_TRUE(failed.unsafe);
  reader().assign({at(0, 2)});
  EXPECT_EQ(read(1), Values{"0:c"});
}

TEST_F(KafkaReaderTest, APositionBehindTheEndFailsItsPartitionForGood) {
  commit(2, {"a"});
  reader().assign({at(2, 50)});
  const PartitionFailed failed = failure();
  EXPECT_EQ(failed.partition, (TopicPartition{topic, 2})) << failed.what();
  EXPECT_TRUE(failed.unsafe);
}

// --- the member

struct Joined {
  Joined(const KafkaSettings& settings, const std::string& topic, const std::string& instance = "")
      : member(settings, topic + "-group", instance, {topic}) {}
  void poll() {
    GroupMember::Change change;
    if (!member.poll(
            milliseconds(10), [this](bool lost) { revoked.push_back(lost); }, change))
      return;
    assigned.clear();
    for (const TopicPartition& p : change.assigned) assigned.push_back(p.partition);
    ++changes;
  }
  kafka::KafkaGroupMember member;
  std::vector<std::int32_t> assigned;
  std::vector<bool> revoked;
  int changes = 0;
};

using Partitions = std::vector<std::int32_t>;

TEST_F(KafkaGroupTest, TwoMembersShareAndTheOneThatStaysTakesOver) {
  Joined first(settings, topic);
  ASSERT_TRUE(eventually([&] { return first.poll(), first.assigned == Partitions{0, 1, 2, 3}; }));
  auto second = std::make_unique<Joined>(settings, topic);
  ASSERT_TRUE(eventually([&] {
    first.poll();
    second->poll();
    return first.assigned.size() == 2 && second->assigned.size() == 2;
  }));
  EXPECT_EQ(first.revoked, std::vector<bool>{false}) << "asked to commit before it hands over";
  second->member.leave();
  second.reset();
  EXPECT_TRUE(eventually([&] { return first.poll(), first.assigned == Partitions{0, 1, 2, 3}; }));
}

TEST_F(KafkaGroupTest, AMemberWithAnInstanceNameComesBackToWhatItHadAndNobodyNotices) {
  auto first = std::make_unique<Joined>(settings, topic, "one");
  Joined second(settings, topic, "two");
  ASSERT_TRUE(eventually([&] {
    first->poll();
    second.poll();
    return first->assigned.size() == 2 && second.assigned.size() == 2;
  }));
  const Partitions had = first->assigned;
  const int changes = second.changes;
  first->member.leave();
  first = std::make_unique<Joined>(settings, topic, "one");
  ASSERT_TRUE(eventually([&] {
    first->poll();
    second.poll();
    return first->changes == 1;
  }));
  EXPECT_EQ(first->assigned, had);
  EXPECT_EQ(second.changes, changes);
}

TEST_F(KafkaGroupTest, OfTwoWithTheSameInstanceNameTheOlderIsFenced) {
  Joined older(settings, topic, "same");
  ASSERT_TRUE(eventually([&] { return older.poll(), older.changes == 1; }));
  Joined newer(settings, topic, "same");
  std::string reason;
  EXPECT_TRUE(eventually([&] {
    newer.poll();
    try {
      older.poll();
    } catch (const Fenced& error) {
      reason = error.what();
    }
    return !reason.empty() && newer.changes == 1;
  }));
  EXPECT_THAT(reason, ::testing::HasSubstr("SLUICE_INSTANCE_ID"));
}

// --- both in a worker

// Notes when a value came; each batch is a transaction of its own.
class Echo final : public Task {
 public:
  using Seen = std::function<void(const std::string&)>;
  Echo(TopicPartition input, Seen seen) : input_(std::move(input)), seen_(std::move(seen)) {}
  std::vector<Position> start() override { return {{input_, 0}}; }
  void process(const TopicPartition&, std::span<const LogRecord> records) override {
    for (const LogRecord& r : records) pending_.emplace_back(r.value);
  }
  bool wants_commit(Clock::Steady, bool input_idle) const override {
    return input_idle && !pending_.empty();
  }
  void commit() override {
    for (const std::string& value : std::exchange(pending_, {})) seen_(value);
  }

 private:
  TopicPartition input_;
  Seen seen_;
  Values pending_;
};

class WorkerOnKafka : public KafkaGroupTest, public TaskFactory {
 protected:
  std::vector<TaskKind> kinds() const override { return {{"echo", {topic}, 4}}; }
  std::unique_ptr<Task> make(const TaskId& id) override {
    return std::make_unique<Echo>(TopicPartition{topic, id.partition},
                                  [this](const std::string& value) {
                                    const std::lock_guard lock(mutex);
                                    seen[value] = std::chrono::steady_clock::now();
                                  });
  }
  std::unique_ptr<PartitionWorker> start_worker() {
    auto worker = std::make_unique<PartitionWorker>(
        "echo", *this,
        WorkerParts{[this](const std::vector<std::string>& topics) {
                      return std::make_unique<kafka::KafkaGroupMember>(settings, topic + "-group",
                                                                       "", topics);
                    },
                    [this] { return std::make_unique<kafka::KafkaPositionReader>(settings); }},
        clock, metrics);
    worker->start();
    return worker;
  }
  bool has_seen(const std::string& value) {
    const std::lock_guard lock(mutex);
    return seen.contains(value);
  }

  SystemClock clock;
  Metrics metrics{"test"};
  std::mutex mutex;
  std::map<std::string, std::chrono::steady_clock::time_point> seen;
};

TEST_F(WorkerOnKafka, AnIdleWorkerHandsAMessageOverAndCommitsAtOnce) {
  const auto worker = start_worker();
  commit(0, {"first"});
  ASSERT_TRUE(eventually([&] { return has_seen("first"); }));
  std::vector<double> waits;
  for (int i = 0; i < 21; ++i) {
    const std::string value = "m" + std::to_string(i);
    commit(i % 4, {value});
    const auto sent = std::chrono::steady_clock::now();
    ASSERT_TRUE(eventually([&] { return has_seen(value); }));
    const std::lock_guard lock(mutex);
    waits.push_back(std::chrono::duration<double, std::milli>(seen[value] - sent).count());
  }
  std::ranges::sort(waits);
  std::printf("median of 21 hand-overs: %.1f ms\n", waits[10]);
  // About one on an idle machine, five on a busy one; a fetch or a poll that sits there makes it
  // fifty and more.
  EXPECT_LT(waits[10], 40) << "median of 21, from the commit of the message to that of the task";
}

TEST_F(WorkerOnKafka, WorkersShareWhatThereIsAndTheOneThatStaysGoesOn) {
  auto first = start_worker();
  const auto second = start_worker();
  Values all;
  for (int i = 0; i < 40; ++i) {
    all.push_back("v" + std::to_string(i));
    commit(i % 4, {all.back()});
    if (i == 20) first.reset();
  }
  EXPECT_TRUE(eventually(
      [&] { return std::ranges::all_of(all, [&](const auto& v) { return has_seen(v); }); }));
  EXPECT_EQ(second->not_ready(), "");
}

}  // namespace
}  // namespace sluice::testing
