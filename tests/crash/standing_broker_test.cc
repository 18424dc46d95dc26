// The broker is shipped with this product's own settings (launcher/kafka.sh); this is about one of them.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "common/adapters/kafka/client_config.h"
#include "common/adapters/kafka/kafka_admin.h"
#include "common/adapters/kafka/kafka_log.h"
#include "tests/support/environment.h"
#include "tests/support/private_servers.h"

namespace sluice::testing {
namespace {

// True where the topic's only partition has a leader, as the broker tells it now.
bool has_leader(rd_kafka_t* client, const std::string& name) {
  const kafka::Handle<rd_kafka_topic_t> topic(rd_kafka_topic_new(client, name.c_str(), nullptr));
  const rd_kafka_metadata_t* found = nullptr;
  if (rd_kafka_metadata(client, 0, topic.get(), &found, 10'000) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  const bool has = found->topic_cnt == 1 && found->topics[0].partition_cnt == 1 &&
                   found->topics[0].partitions[0].leader >= 0;
  rd_kafka_metadata_destroy(found);
  return has;
}

// One transaction after the other, as the services' tasks do, until the end.
class Busy {
 public:
  Busy(const KafkaSettings& settings, const std::string& topic, int producers) {
    for (int i = 0; i < producers; ++i) {
      threads_.emplace_back([this, settings, topic, i] {
        kafka::KafkaLog log(settings);
        while (!ended_) {
          try {
            auto producer = log.transactional_producer(topic + std::to_string(i));
            const TopicHandle handle = producer->topic(topic);
            OutgoingRecord record;
            record.value = "x";
            while (!ended_) {
              producer->begin();
              producer->produce(handle, 0, record);
              producer->commit();
            }
          } catch (const std::exception&) {
            continue;  // a task would start again, too
          }
        }
      });
    }
  }
  ~Busy() {
    ended_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> ended_{false};
  std::vector<std::thread> threads_;
};

TEST(StandingBroker, ThatStoodStillForSecondsIsNotTakenForDeadByItsOwnController) {
  const PrivateServers servers;
  KafkaSettings settings;
  settings.brokers = servers.kafka();
  const std::string topic = fresh_prefix() + ".t.v1";
  kafka::KafkaAdmin(settings).ensure_topics({kept_for_ever(topic, 1)});
  const auto client =
      kafka::make_client(RD_KAFKA_PRODUCER, kafka::make_conf(properties_for(kafka::Purpose::kAdmin, settings)));
  ASSERT_TRUE(has_leader(client.get(), topic));
  const Busy busy(settings, topic, 6);

  // An idle broker is often quick enough to be heard before its controller looks.
  for (int i = 0; i < 4; ++i) {
    servers.freeze_kafka();
    std::this_thread::sleep_for(std::chrono::milliseconds(4'500));
    servers.thaw_kafka();
    // The controller would take the partitions away at once, and give them back some heartbeats later.
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1'500);
         std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(std::chrono::milliseconds(5))) {
      ASSERT_TRUE(has_leader(client.get(), topic)) << "it lost its partitions the " << i + 1 << ". time";
    }
  }
}

}  // namespace
}  // namespace sluice::testing
