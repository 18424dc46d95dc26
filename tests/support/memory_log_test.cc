// The stand-in must be as hard on the code as Kafka is; these tests hold it to that.
#include "tests/support/memory_log.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/support/memory_state_store.h"

namespace sluice::testing {
namespace {

const TopicPartition kT0{"t", 0};
const TopicPartition kT1{"t", 1};

struct NoMarkers : FaultPlan {
  bool delay = true;
  std::size_t markers_now(std::size_t pending) override { return delay ? 0 : pending; }
};

OutgoingRecord record(std::string_view key, std::string_view value) {
  OutgoingRecord out;
  out.key = key;
  out.value = value;
  return out;
}

TEST(MemoryLog, ACommittedTransactionIsSeenWholeAndItsMarkerTakesAnOffset) {
  FaultPlan faults;
  MemoryLog log(faults);
  log.create_topic("t", 2);
  auto producer = log.transactional_producer("id");
  producer->take_over(std::vector{kT0, kT1});
  const auto topic = producer->topic("t");
  producer->begin();
  producer->produce(topic, 0, record("a", "1"));
  producer->produce(topic, 1, record("b", "2"));
  EXPECT_TRUE(log.fetch(kT0, 0, 10).records.empty());
  producer->commit();
  EXPECT_EQ(log.fetch(kT0, 0, 10).records.size(), 1U);
  EXPECT_EQ(log.fetch(kT0, 0, 10).next_offset, 2);
  EXPECT_EQ(log.fetch(kT1, 0, 10).records.front().value, "2");
}

TEST(MemoryLog, AnAbortedTransactionIsNeverSeen) {
  FaultPlan faults;
  MemoryLog log(faults);
  log.create_topic("t", 1);
  auto producer = log.transactional_producer("id");
  producer->take_over(std::vector{kT0});
  producer->begin();
  producer->produce(producer->topic("t"), 0, record("a", "1"));
  producer->abort();
  EXPECT_TRUE(log.fetch(kT0, 0, 10).records.empty());
}

TEST(MemoryLog, ANewProducerFencesTheOldOneAndAbortsItsTransaction) {
  FaultPlan faults;
  MemoryLog log(faults);
  log.create_topic("t", 1);
  auto old = log.transactional_producer("id");
  old->take_over(std::vector{kT0});
  old->begin();
  old->produce(old->topic("t"), 0, record("a", "1"));
  auto young = log.transactional_producer("id");
  EXPECT_THROW(old->commit(), Fenced);
  EXPECT_TRUE(log.fetch(kT0, 0, 10).records.empty());
}

TEST(MemoryLog, ACommittedTransactionWhoseMarkersAreLateLiesBehindTheStableOffset) {
  NoMarkers faults;
  MemoryLog log(faults);
  log.create_topic("t", 1);
  auto producer = log.transactional_producer("id");
  producer->take_over(std::vector{kT0});
  producer->begin();
  producer->produce(producer->topic("t"), 0, record("a", "1"));
  producer->commit();
  EXPECT_TRUE(log.fetch(kT0, 0, 10).records.empty()) << "a consumer that stops here loses it";
  std::vector<std::string> seen;
  auto reader = log.reader();
  reader->read(kT0, 0, reader->end_offset(kT0),
               [&](const LogRecord& r) { seen.emplace_back(r.value); });
  EXPECT_EQ(seen, std::vector<std::string>{"1"});
}

TEST(MemoryLog, ALostTransactionHoldsReadersUntilItsPartitionIsTakenOverWhichAbortsIt) {
  FaultPlan faults;
  MemoryLog log(faults);
  log.create_topic("t", 2);
  auto old = log.transactional_producer("id");
  old->take_over(std::vector{kT0, kT1});
  old->begin();
  old->produce(old->topic("t"), 0, record("a", "lost"));
  old->produce(old->topic("t"), 1, record("b", "lost"));
  log.lose_transaction("id");
  EXPECT_THROW(old->commit(), TaskBroken);

  auto young = log.transactional_producer("id");
  EXPECT_EQ(log.last_stable_offset(kT0), 0) << "the coordinator knows of nothing to end";
  auto reader = log.reader();
  EXPECT_THROW(reader->read(kT0, 0, log.end_offset(kT0), [](const LogRecord&) {}), TaskBroken);
  young->take_over(std::vector{kT0});
  EXPECT_EQ(log.last_stable_offset(kT0), log.end_offset(kT0));
  EXPECT_TRUE(log.fetch(kT0, 0, 10).records.empty());
  EXPECT_EQ(log.last_stable_offset(kT1), 0) << "of this one nobody said that it is written to";
}

TEST(MemoryLog, CompactionKeepsTheNewestOfEachKey) {
  FaultPlan faults;
  MemoryLog log(faults);
  log.create_topic("t", 1);
  auto producer = log.plain_producer();
  producer->send("t", 0, record("a", "1"));
  producer->send("t", 0, record("b", "2"));
  producer->send("t", 0, record("a", "3"));
  log.compact(kT0);
  const auto left = log.fetch(kT0, 0, 10).records;
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].value, "2");
  EXPECT_EQ(left[1].value, "3");
}

TEST(MemoryStateStore, ACrashKeepsAPrefixOfTheBatches) {
  FaultPlan faults;
  MemoryStateStores stores(faults);
  {
    auto store = stores.open("s");
    store->apply({{"a", "1"}}, "p1");
    store->apply({{"a", "2"}, {"b", "1"}}, "p2");
  }
  stores.crash("s", 1);
  auto store = stores.open("s");
  EXPECT_EQ(store->get("a"), "1");
  EXPECT_EQ(store->get("b"), std::nullopt);
  EXPECT_EQ(store->position(), "p1");
}

}  // namespace
}  // namespace sluice::testing
