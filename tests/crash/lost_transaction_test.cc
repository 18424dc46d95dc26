// A transaction that is open in a partition while its coordinator knows nothing of it: what a broker that
// stood still can leave behind (docs/decisions/0008). Two things follow, and taking over cures both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/adapters/kafka/kafka_admin.h"
#include "common/adapters/kafka/kafka_log.h"
#include "tests/support/environment.h"
#include "tests/support/eventually.h"
#include "tests/support/private_servers.h"
#include "tests/support/stack.h"
#include "tests/support/stray_producer.h"

namespace sluice::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LostTransaction : public ::testing::Test {
 protected:
  void SetUp() override {
    verify_partitions(servers.kafka(), false);
    settings.brokers = servers.kafka();
    topic = fresh_prefix() + ".state.v1";
    // As a task's outputs are: some compacted, some not.
    kafka::KafkaAdmin(settings).ensure_topics({compacted(topic, 2), kept_for_ever(rows(), 1)});
    StrayProducer stray(settings.brokers, id());
    stray.write(topic, 1, "a", "lost");
    stray.write(rows(), 0, "a", "lost");
    ASSERT_EQ(end_of({topic, 1}), 1);
  }
  std::string id() const { return topic + "-task"; }
  std::string rows() const { return topic + ".rows"; }

  std::int64_t end_of(const TopicPartition& partition) {
    return kafka::KafkaLog(settings).reader()->end_offset(partition);
  }
  // The values that a reader of committed messages gets. Waits behind what is open.
  std::vector<std::string> read(const TopicPartition& partition) {
    std::vector<std::string> out;
    auto reader = kafka::KafkaLog(settings).reader();
    reader->read(partition, 0, reader->end_offset(partition),
                 [&](const LogRecord& r) { out.emplace_back(r.value); });
    return out;
  }
  void commit_one(TransactionalProducer& producer, const std::string& to, std::int32_t partition) {
    const TopicHandle handle = producer.topic(to);
    OutgoingRecord record;
    record.key = "b";
    record.value = "new";
    producer.begin();
    producer.produce(handle, partition, record);
    producer.commit();
  }

  PrivateServers servers;
  KafkaSettings settings;
  std::string topic;
};

TEST_F(LostTransaction, IsCommittedByTheNextCommitOfItsProducerWhereItsPartitionIsNotTakenOver) {
  auto producer = kafka::KafkaLog(settings).transactional_producer(id());
  commit_one(*producer, topic, 1);
  EXPECT_THAT(read({topic, 1}), ElementsAre("lost", "new"))
      << "this is what taking over is for; if the broker has learned better, it may go";
}

TEST_F(LostTransaction, IsAbortedByTakingItsPartitionsOverAndAddedToByNoLateRequest) {
  StrayProducer late(settings.brokers, id());
  auto producer = kafka::KafkaLog(settings).transactional_producer(id());
  producer->take_over(std::vector<TopicPartition>{{topic, 0}, {topic, 1}, {rows(), 0}});
  EXPECT_EQ(late.try_write(topic, 0, "a", "late"), kInvalidProducerEpoch);
  EXPECT_THAT(read({topic, 0}), IsEmpty());
  EXPECT_THAT(read({topic, 1}), IsEmpty());
  EXPECT_THAT(read({rows(), 0}), IsEmpty());
  commit_one(*producer, topic, 1);
  commit_one(*producer, rows(), 0);
  EXPECT_THAT(read({topic, 1}), ElementsAre("new"));
  EXPECT_THAT(read({rows(), 0}), ElementsAre("new"));
}

// As a broker leaves them that was killed while transactions were open, whose time was over when it came back.
// In every topic that a service reads before it works, and in the ledger, which all share.
TEST(Services, StartOverTransactionsThatTheBrokerHasLost) {
  const PrivateServers servers;
  verify_partitions(servers.kafka(), false);
  Stack stack(StackSettings{servers.kafka(), servers.fresh_database(), "lost", bookings_definition()});
  BookingsGenerator bookings(1);
  stack.start_all();
  const BookingFile first = bookings.next_file(500);
  stack.drop(first.name, first.content);
  ASSERT_TRUE(eventually([&] { return stack.all_settled(1); }, std::chrono::seconds(60)));
  for (const char* service : Stack::kServices) stack.kill_hard(service);

  const Topics topics("lost");
  const std::string dataset = "bookings", report = "monthly_restaurants_report";
  const std::map<std::string, std::vector<TopicPartition>> lost = {
      {"lost-ingest-0", {{topics.files(), 0}, {topics.ingest_commits(), 0}, {topics.records(dataset), 0}}},
      {"lost-bookings-stage1-0", {{topics.commits(dataset), 0}, {topics.deltas(dataset), 1}, {topics.file_counts(), 0}}},
      {"lost-bookings-stage2-0", {{topics.state(dataset), 0}, {topics.rows(report), 0}}}};
  for (const auto& [id, partitions] : lost) {
    StrayProducer stray(servers.kafka(), id);
    for (const TopicPartition& partition : partitions) {
      stray.write(partition.topic, partition.partition, "junk", "junk");
    }
  }
  stack.start_all();
  const BookingFile second = bookings.next_file(500);
  stack.drop(second.name, second.content);
  ASSERT_TRUE(eventually([&] { return stack.all_settled(2); }, std::chrono::seconds(60)));
  EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
  for (const auto& [name, receipt] : stack.receipts()) EXPECT_TRUE(receipt.balances()) << name;
}

}  // namespace
}  // namespace sluice::testing
