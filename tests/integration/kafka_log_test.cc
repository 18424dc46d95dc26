// The log's promises, against the real broker; above all what librdkafka alone does not keep.
#include "common/adapters/kafka/kafka_log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "common/adapters/kafka/group_consumers.h"
#include "common/adapters/kafka/kafka_admin.h"
#include "common/adapters/kafka/transactional_producer.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "tests/support/environment.h"
#include "tests/support/eventually.h"
#include "tests/support/tcp_proxy.h"

namespace sluice::testing {
namespace {

OutgoingRecord record(std::string_view key, std::string_view value) {
  OutgoingRecord out;
  out.key = key;
  out.value = value;
  return out;
}

class KafkaLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings.brokers = test_environment().kafka;
    topic = fresh_prefix() + ".t.v1";
    kafka::KafkaAdmin(settings).ensure_topics({kept_for_ever(topic, 2)});
  }
  std::vector<std::string> committed(std::int32_t partition = 0) {
    std::vector<std::string> out;
    auto reader = kafka::KafkaLog(settings).reader();
    const TopicPartition from{topic, partition};
    reader->read(from, 0, reader->end_offset(from),
                 [&](const LogRecord& r) { out.emplace_back(r.value); });
    return out;
  }
  // Until that much is at the broker, committed or not.
  void wait_for_end(std::int64_t end) {
    auto reader = kafka::KafkaLog(settings).reader();
    ASSERT_TRUE(eventually([&] { return reader->end_offset({topic, 0}) == end; }));
  }
  std::string id() const { return topic + "-id"; }

  KafkaSettings settings;
  std::string topic;
};

using Values = std::vector<std::string>;

TEST_F(KafkaLogTest, ACommittedTransactionIsReadWithKeysHeadersAndTimes) {
  kafka::KafkaLog log(settings);
  auto producer = log.transactional_producer(id());
  const auto handle = producer->topic(topic);
  producer->begin();
  const Header origin{"origin", "1-0123456789ab:0:7"};
  OutgoingRecord first = record("k", "v");
  first.headers = {&origin, 1};
  first.timestamp_ms = 1'500'000'000'000;
  producer->produce(handle, 1, first);
  OutgoingRecord gone = record("k", "");
  gone.tombstone = true;
  producer->produce(handle, 1, gone);
  producer->commit();

  auto reader = log.reader();
  int seen = 0;
  reader->read({topic, 1}, 0, reader->end_offset({topic, 1}), [&](const LogRecord& r) {
    EXPECT_EQ(r.key, "k");
    if (seen++ == 0) {
      EXPECT_EQ(r.value, "v");
      EXPECT_EQ(r.origin, "1-0123456789ab:0:7");
      EXPECT_EQ(r.timestamp_ms, 1'500'000'000'000);
      EXPECT_FALSE(r.tombstone);
    } else {
      EXPECT_TRUE(r.tombstone);
    }
  });
  EXPECT_EQ(seen, 2);
}

TEST_F(KafkaLogTest, AnyEventTimeCanBeSentAndOneBefore1970IsTheFirstThatBrokersHold) {
  kafka::KafkaLog log(settings);
  auto producer = log.transactional_producer(id());
  const auto handle = producer->topic(topic);
  producer->begin();
  constexpr std::int64_t kYear9999 = 253'402'300'799'000;
  for (const std::int64_t ms : {std::int64_t{-62'135'596'800'000}, std::int64_t{-1},
                                std::int64_t{0}, kYear9999}) {
    OutgoingRecord out = record("k", "v");
    out.timestamp_ms = ms;
    producer->produce(handle, 0, out);
  }
  const std::int64_t before = SystemClock().unix_ms();
  producer->produce(handle, 0, record("k", "now"));
  producer->commit();

  std::vector<std::int64_t> times;
  auto reader = log.reader();
  const TopicPartition from{topic, 0};
  reader->read(from, 0, reader->end_offset(from),
               [&](const LogRecord& r) { times.push_back(r.timestamp_ms); });
  ASSERT_EQ(times.size(), 5U);
  const std::int64_t now = times.back();
  times.pop_back();
  EXPECT_EQ(times, (std::vector<std::int64_t>{1, 1, 1, kYear9999}));
  EXPECT_GE(now, before);
}

TEST_F(KafkaLogTest, AnAbortedTransactionIsNeverRead) {
  auto producer = kafka::KafkaLog(settings).transactional_producer(id());
  const auto handle = producer->topic(topic);
  producer->begin();
  producer->produce(handle, 0, record("k", "no"));
  wait_for_end(1);
  producer->abort();
  producer->begin();
  producer->produce(handle, 0, record("k", "yes"));
  producer->commit();
  EXPECT_EQ(committed(), Values{"yes"});
}

TEST_F(KafkaLogTest, ASecondProducerOfTheIdFencesTheFirst) {
  kafka::KafkaLog log(settings);
  auto first = log.transactional_producer(id());
  const auto handle = first->topic(topic);
  first->begin();
  first->produce(handle, 0, record("k", "old"));
  auto second = log.transactional_producer(id());
  EXPECT_THROW(first->commit(), Fenced);
  second->begin();
  second->produce(second->topic(topic), 0, record("k", "new"));
  second->commit();
  EXPECT_EQ(committed(), Values{"new"});
}

// What a read_committed reader takes for the end is not the end: a transaction may be open there,
// and one that is committed already looks the same until its markers are written.
TEST_F(KafkaLogTest, ARestoreReadsToTheTrueEndAndWaitsForTheOpenTransaction) {
  kafka::KafkaLog log(settings);
  auto producer = log.transactional_producer(id());
  const auto handle = producer->topic(topic);
  producer->begin();
  producer->produce(handle, 0, record("k", "late"));
  wait_for_end(1);

  kafka::KafkaPositionReader naive(settings);
  naive.assign({{{topic, 0}, 0}});
  const auto nothing = [](const TopicPartition&, std::span<const LogRecord>) {};
  EXPECT_EQ(naive.poll(std::chrono::seconds(1), 10, nothing), 0U)
      << "a restore that stops here loses it";

  std::future<Values> restored = std::async(std::launch::async, [&] {
    Values seen;
    log.reader()->read({topic, 0}, 0, 1, [&](const LogRecord& r) { seen.emplace_back(r.value); });
    return seen;
  });
  EXPECT_EQ(restored.wait_for(std::chrono::milliseconds(500)), std::future_status::timeout);
  producer->commit();
  EXPECT_EQ(restored.get(), Values{"late"});
}

TEST_F(KafkaLogTest, ATransactionThatTimedOutBreaksItsTaskAndTheNextProducerGoesOn) {
  settings.transaction_timeout_ms = 1'000;
  kafka::KafkaLog log(settings);
  auto producer = log.transactional_producer(id());
  producer->begin();
  producer->produce(producer->topic(topic), 0, record("k", "too late"));
  wait_for_end(2);  // the broker's abort marker
  EXPECT_THROW(producer->commit(), TaskBroken);
  producer = log.transactional_producer(id());
  producer->begin();
  producer->produce(producer->topic(topic), 0, record("k", "in time"));
  producer->commit();
  EXPECT_EQ(committed(), Values{"in time"});
}

TEST_F(KafkaLogTest, AReaderRefusesAPositionBeyondTheEnd) {
  auto reader = kafka::KafkaLog(settings).reader();
  EXPECT_THROW(reader->read({topic, 0}, 5, 6, [](const LogRecord&) {}), Unsafe);
}

TEST_F(KafkaLogTest, PlainMessagesTellTheOffsetTheyGot) {
  auto producer = kafka::KafkaLog(settings).plain_producer();
  EXPECT_EQ(producer->send(topic, 0, record("a", "1")), 0);
  EXPECT_EQ(producer->send(topic, 0, record("b", "2")), 1);
}

TEST_F(KafkaLogTest, AFiveMegabyteMessagePasses) {
  auto producer = kafka::KafkaLog(settings).transactional_producer(id());
  const std::string big(std::size_t{5} << 20, 'x');
  producer->begin();
  producer->produce(producer->topic(topic), 0, record("k", big));
  producer->commit();
  EXPECT_EQ(committed(), Values{big});
}

TEST_F(KafkaLogTest, AMessageThatNoBrokerTakesIsUnsafeNotTriedForEver) {
  auto producer = kafka::KafkaLog(settings).transactional_producer(id());
  const std::string big(std::size_t{11} << 20, 'x');
  producer->begin();
  EXPECT_THROW(producer->produce(producer->topic(topic), 0, record("k", big)), Unsafe);
}

TEST_F(KafkaLogTest, AFullSendQueueSlowsTheProducerDownAndLosesNothing) {
  settings.properties["queue.buffering.max.kbytes"] = "1024";
  auto producer = kafka::KafkaLog(settings).transactional_producer(id());
  const auto handle = producer->topic(topic);
  producer->begin();
  const std::string padding(100'000, 'x');
  for (int i = 0; i < 200; ++i) {
    const std::string value = std::to_string(i) + padding;
    producer->produce(handle, 0, record("k", value));
  }
  producer->commit();
  const Values all = committed();
  ASSERT_EQ(all.size(), 200U);
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i].substr(0, all[i].find('x')), std::to_string(i));
}

TEST_F(KafkaLogTest, AnEmptyValueIsNoTombstoneAndNoKeyIsNoEmptyKey) {
  auto producer = kafka::KafkaLog(settings).transactional_producer(id());
  producer->begin();
  producer->produce(producer->topic(topic), 0, record({}, {}));
  producer->commit();
  kafka::KafkaLog(settings).plain_producer()->send(topic, 0, record("", ""));
  auto reader = kafka::KafkaLog(settings).reader();
  std::vector<bool> null_keys;
  reader->read({topic, 0}, 0, reader->end_offset({topic, 0}), [&](const LogRecord& r) {
    EXPECT_FALSE(r.tombstone);
    EXPECT_EQ(r.value, "");
    null_keys.push_back(r.key.data() == nullptr);
  });
  EXPECT_EQ(null_keys, (std::vector<bool>{true, false}));
}

TEST_F(KafkaLogTest, PropertiesPassThroughButForThoseThatExactlyOnceRestsOn) {
  settings.properties["compression.type"] = "zstd";
  EXPECT_NO_THROW(kafka::KafkaLog(settings).transactional_producer(id()));
  for (const char* name :
       {"isolation.level", "transactional.id", "auto.offset.reset", "enable.idempotence"}) {
    KafkaSettings wrong = settings;
    wrong.properties[name] = "read_uncommitted";
    EXPECT_THROW(kafka::KafkaLog(wrong).reader(), ConfigError) << name;
  }
  settings.properties["no.such.property"] = "1";
  EXPECT_THROW(kafka::KafkaLog(settings).reader(), ConfigError);
}

TEST_F(KafkaLogTest, ServicesThatMakeTheSameTopicsAtOnceAgree) {
  const std::vector<TopicSettings> topics = {compacted(topic + "-a", 2),
                                             kept_for_ever(topic + "-b", 3)};
  std::vector<std::future<void>> services;
  for (int i = 0; i < 4; ++i) {
    services.push_back(
        std::async(std::launch::async, [&] { kafka::KafkaAdmin(settings).ensure_topics(topics); }));
  }
  for (auto& service : services) EXPECT_NO_THROW(service.get());
  EXPECT_EQ(kafka::KafkaLog(settings).partition_count(topic + "-b"), 3);
}

TEST_F(KafkaLogTest, TheAdminRefusesTopicsThatWouldLoseState) {
  kafka::KafkaAdmin admin(settings);
  EXPECT_NO_THROW(admin.ensure_topics({kept_for_ever(topic, 2)}));
  EXPECT_THROW(admin.ensure_topics({kept_for_ever(topic, 3)}), Unsafe);
  EXPECT_THROW(admin.ensure_topics({compacted(topic, 2)}), Unsafe);
  EXPECT_EQ(admin.partition_count("no-such-topic"), 0);
  EXPECT_THROW(kafka::KafkaLog(settings).partition_count("no-such-topic"), Unsafe);
}

// A commit request is delayed on its way; librdkafka repeats it over a new
// connection, with success. Then the delayed one arrives, in the middle of the next transaction.
class TornTransaction : public KafkaLogTest {
 protected:
  // What a reader sees in the end: A is committed, B aborted.
  Values run(bool cure) {
    TcpProxy proxy(test_environment().kafka_proxied, test_environment().kafka_proxy_upstream);
    KafkaSettings through = settings;
    through.brokers = test_environment().kafka_proxied;
    through.properties["socket.timeout.ms"] = "1000";
    through.transaction_timeout_ms = 20'000;
    kafka::KafkaTransactionalProducer producer(through, id(), cure);
    const auto handle = producer.topic(topic);
    producer.begin();
    producer.produce(handle, 0, record("k", "a1"));
    producer.produce(handle, 0, record("k", "a2"));
    proxy.hold_next(TcpProxy::kEndTxn);
    producer.commit();
    EXPECT_TRUE(proxy.holding()) << "the first commit request is still on its way";

    auto reader = kafka::KafkaLog(settings).reader();
    const std::int64_t before = reader->end_offset({topic, 0});
    producer.begin();
    producer.produce(handle, 0, record("k", "b1"));
    EXPECT_TRUE(eventually([&] {
      return reader->end_offset({topic, 0}) > before;
    })) << "b1 is at the broker";
    proxy.release();
    EXPECT_TRUE(eventually([&] { return proxy.held_was_answered(); }));
    try {
      producer.abort();
    } catch (const TaskBroken&) {
      // Without the cure the broker says that there is nothing to abort: it has committed b1.
    }
    return committed();
  }
};

TEST_F(TornTransaction, WithoutTheCureTheDelayedCommitCommitsTheNextTransaction) {
  EXPECT_EQ(run(false), (Values{"a1", "a2", "b1"}))
      << "if this is a1 a2, brokers or librdkafka have learnt to do without the cure";
}

TEST_F(TornTransaction, WithTheCureTheDelayedCommitIsRefused) {
  EXPECT_EQ(run(true), (Values{"a1", "a2"}));
}

}  // namespace
}  // namespace sluice::testing
