#include "common/adapters/kafka/kafka_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>

#include "common/adapters/kafka/client_config.h"
#include "common/adapters/kafka/kafka_errors.h"
#include "common/adapters/kafka/position_list.h"

namespace sluice::kafka {
namespace {

constexpr int kTimeoutMs = 30'000;
// After creation a broker needs a moment until it leads the new partitions.
constexpr int kVisibleTries = 200;
constexpr std::chrono::milliseconds kVisiblePause{50};

struct FreeAdmin {
  void operator()(rd_kafka_NewTopic_t* p) const { rd_kafka_NewTopic_destroy(p); }
  void operator()(rd_kafka_ConfigResource_t* p) const { rd_kafka_ConfigResource_destroy(p); }
  void operator()(rd_kafka_AdminOptions_t* p) const { rd_kafka_AdminOptions_destroy(p); }
  void operator()(rd_kafka_DeleteRecords_t* p) const { rd_kafka_DeleteRecords_destroy(p); }
  void operator()(rd_kafka_DeleteTopic_t* p) const { rd_kafka_DeleteTopic_destroy(p); }
  void operator()(rd_kafka_DeleteGroup_t* p) const { rd_kafka_DeleteGroup_destroy(p); }
  void operator()(rd_kafka_ListConsumerGroupOffsets_t* p) const {
    rd_kafka_ListConsumerGroupOffsets_destroy(p);
  }
};
template <typename T>
using AdminHandle = std::unique_ptr<T, FreeAdmin>;

AdminHandle<rd_kafka_AdminOptions_t> options(rd_kafka_t* client, rd_kafka_admin_op_t operation) {
  AdminHandle<rd_kafka_AdminOptions_t> out(rd_kafka_AdminOptions_new(client, operation));
  char problem[256];
  rd_kafka_AdminOptions_set_request_timeout(out.get(), kTimeoutMs, problem, sizeof problem);
  return out;
}

Handle<rd_kafka_event_t> answer(rd_kafka_queue_t* queue, const char* what) {
  Handle<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, kTimeoutMs + 5'000));
  if (!event) throw TaskBroken(fmt::format("{}: the broker does not answer", what));
  if (const auto code = rd_kafka_event_error(event.get())) {
    throw_error(what, code, rd_kafka_event_error_string(event.get()));
  }
  return event;
}

// The settings whose change loses state; the others are the operator's.
bool decides_safety(const std::string& name) {
  return name == "cleanup.policy" || name == "delete.retention.ms" || name == "retention.ms" ||
         name == "retention.bytes";
}

}  // namespace

KafkaAdmin::KafkaAdmin(const KafkaSettings& settings)
    : settings_(settings),
      client_(
          make_client(RD_KAFKA_PRODUCER, make_conf(properties_for(Purpose::kAdmin, settings)))) {}

KafkaAdmin::~KafkaAdmin() = default;

// One topic's metadata, which lives as long as the object.
struct KafkaAdmin::Metadata {
  Metadata(rd_kafka_t* client, const std::string& topic) {
    const Handle<rd_kafka_topic_t> handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
    const rd_kafka_metadata_t* got = nullptr;
    auto code = rd_kafka_metadata(client, 0, handle.get(), &got, kTimeoutMs);
    owner.reset(got);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && got->topic_cnt == 1) code = got->topics[0].err;
    // Without a leader for a moment a topic is still there, and as large as ever.
    if (code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) code = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw_error("asking the broker about " + topic, code, nullptr);
    if (got->topic_cnt == 1) found = &got->topics[0];
  }
  Handle<const rd_kafka_metadata_t> owner;
  const rd_kafka_metadata_topic_t* found = nullptr;
};

std::int32_t KafkaAdmin::partition_count(const std::string& topic) {
  const Metadata metadata(client_.get(), topic);
  return metadata.found == nullptr ? 0 : metadata.found->partition_cnt;
}

bool KafkaAdmin::has_leaders(const TopicSettings& topic) {
  const Metadata metadata(client_.get(), topic.name);
  if (metadata.found == nullptr || metadata.found->partition_cnt == 0) return false;
  check_partitions(topic, metadata.found->partition_cnt);
  return std::all_of(metadata.found->partitions,
                     metadata.found->partitions + metadata.found->partition_cnt,
                     [](const rd_kafka_metadata_partition_t& p) { return p.leader >= 0; });
}

bool KafkaAdmin::reachable(std::chrono::milliseconds wait) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code =
      rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, static_cast<int>(wait.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  rd_kafka_metadata_destroy(metadata);
  return true;
}

void KafkaAdmin::check_partitions(const TopicSettings& wanted, std::int32_t found) const {
  if (found == wanted.partitions) return;
  throw Unsafe(
      fmt::format("topic {} has {} partitions, the configuration says {}: keys would move away "
                  "from their state. "
                  "Set it back to {}, or start anew with another topic prefix",
                  wanted.name, found, wanted.partitions, found));
}

void KafkaAdmin::ensure_topics(const std::vector<TopicSettings>& topics) {
  std::vector<TopicSettings> missing;
  for (const TopicSettings& topic : topics) {
    const std::int32_t count = partition_count(topic.name);
    if (count == 0) {
      missing.push_back(topic);
    } else {
      check_partitions(topic, count);
    }
  }
  if (!missing.empty()) create(missing);
  // Those just made too: another service, with another configuration, may have been quicker.
  check_config(topics);
}

void KafkaAdmin::create(const std::vector<TopicSettings>& topics) {
  std::vector<AdminHandle<rd_kafka_NewTopic_t>> owners;
  std::vector<rd_kafka_NewTopic_t*> list;
  char problem[512];
  for (const TopicSettings& topic : topics) {
    owners.emplace_back(rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions,
                                              settings_.replication, problem, sizeof problem));
    if (!owners.back()) throw ConfigError(fmt::format("topic {}: {}", topic.name, problem));
    for (const auto& [name, value] : topic.config) {
      rd_kafka_NewTopic_set_config(owners.back().get(), name.c_str(), value.c_str());
    }
    list.push_back(owners.back().get());
  }
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  const auto opts = options(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(client_.get(), list.data(), list.size(), opts.get(), queue.get());
  const auto event = answer(queue.get(), "creating topics");
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
      continue;
    throw_error(fmt::format("creating topic {}", rd_kafka_topic_result_name(results[i])), code,
                rd_kafka_topic_result_error_string(results[i]));
  }
  for (const TopicSettings& topic : topics) {
    for (int attempt = 0; !has_leaders(topic); ++attempt) {
      if (attempt == kVisibleTries)
        throw TaskBroken(fmt::format("topic {} was created but has no leader", topic.name));
      std::this_thread::sleep_for(kVisiblePause);
    }
  }
}

void KafkaAdmin::check_config(const std::vector<TopicSettings>& topics) {
  std::vector<AdminHandle<rd_kafka_ConfigResource_t>> owners;
  std::vector<rd_kafka_ConfigResource_t*> list;
  std::map<std::string, const TopicSettings*> wanted;
  for (const TopicSettings& topic : topics) {
    owners.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    list.push_back(owners.back().get());
    wanted[topic.name] = &topic;
  }
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  const auto opts = options(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_DescribeConfigs(client_.get(), list.data(), list.size(), opts.get(), queue.get());
  const auto event = answer(queue.get(), "reading topic settings");
  std::size_t count = 0;
  const auto* const* resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const TopicSettings& topic = *wanted.at(rd_kafka_ConfigResource_name(resources[i]));
    std::size_t entries = 0;
    const auto* const* configs = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t e = 0; e < entries; ++e) {
      const std::string name = rd_kafka_ConfigEntry_name(configs[e]);
      const auto want = topic.config.find(name);
      const char* value = rd_kafka_ConfigEntry_value(configs[e]);
      if (want == topic.config.end() || value == nullptr || !decides_safety(name) ||
          want->second == value)
        continue;
      throw Unsafe(fmt::format(
          "topic {} has {}={}, it must be {}: it holds state that would be lost. Set it back "
          "(kafka-configs --alter)",
          topic.name, name, value, want->second));
    }
  }
}

void KafkaAdmin::remove_topics(const std::vector<std::string>& topics) {
  if (topics.empty()) return;
  std::vector<AdminHandle<rd_kafka_DeleteTopic_t>> owners;
  std::vector<rd_kafka_DeleteTopic_t*> list;
  for (const std::string& topic : topics) {
    owners.emplace_back(rd_kafka_DeleteTopic_new(topic.c_str()));
    list.push_back(owners.back().get());
  }
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  const auto opts = options(client_.get(), RD_KAFKA_ADMIN_OP_DELETETOPICS);
  rd_kafka_DeleteTopics(client_.get(), list.data(), list.size(), opts.get(), queue.get());
  const auto event = answer(queue.get(), "deleting topics");
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    throw_error(fmt::format("deleting topic {}", rd_kafka_topic_result_name(results[i])), code,
                rd_kafka_topic_result_error_string(results[i]));
  }
}

void KafkaAdmin::remove_groups(const std::vector<std::string>& groups) {
  if (groups.empty()) return;
  std::vector<AdminHandle<rd_kafka_DeleteGroup_t>> owners;
  std::vector<rd_kafka_DeleteGroup_t*> list;
  for (const std::string& group : groups) {
    owners.emplace_back(rd_kafka_DeleteGroup_new(group.c_str()));
    list.push_back(owners.back().get());
  }
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  const auto opts = options(client_.get(), RD_KAFKA_ADMIN_OP_DELETEGROUPS);
  rd_kafka_DeleteGroups(client_.get(), list.data(), list.size(), opts.get(), queue.get());
  const auto event = answer(queue.get(), "deleting consumer groups");
  std::size_t count = 0;
  const auto* const* results =
      rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_group_result_error(results[i]);
    if (error == nullptr || rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) continue;
    throw_error(fmt::format("deleting consumer group {}", rd_kafka_group_result_name(results[i])),
                rd_kafka_error_code(error), rd_kafka_error_string(error));
  }
}

std::vector<Position> KafkaAdmin::committed(const std::string& group,
                                            const std::vector<TopicPartition>& partitions) {
  std::vector<Position> asked;
  for (const TopicPartition& partition : partitions) asked.push_back({partition, 0});
  const auto list = list_of(asked);
  AdminHandle<rd_kafka_ListConsumerGroupOffsets_t> request(
      rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), list.get()));
  rd_kafka_ListConsumerGroupOffsets_t* requests[] = {request.get()};
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  const auto opts = options(client_.get(), RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
  rd_kafka_ListConsumerGroupOffsets(client_.get(), requests, 1, opts.get(), queue.get());
  const auto event = answer(queue.get(), "asking for a consumer group's positions");
  std::size_t count = 0;
  const auto* const* results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
  std::vector<Position> out;
  for (std::size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* error = rd_kafka_group_result_error(results[i])) {
      throw_error("asking for a consumer group's positions", rd_kafka_error_code(error),
                  rd_kafka_error_string(error));
    }
    const auto* found = rd_kafka_group_result_partitions(results[i]);
    for (int p = 0; found != nullptr && p < found->cnt; ++p) {
      if (found->elems[p].offset < 0) continue;
      out.push_back({{found->elems[p].topic, found->elems[p].partition}, found->elems[p].offset});
    }
  }
  return out;
}

void KafkaAdmin::purge_before(const std::vector<Position>& positions) {
  if (positions.empty()) return;
  const auto list = list_of(positions);
  AdminHandle<rd_kafka_DeleteRecords_t> request(rd_kafka_DeleteRecords_new(list.get()));
  rd_kafka_DeleteRecords_t* requests[] = {request.get()};
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  const auto opts = options(client_.get(), RD_KAFKA_ADMIN_OP_DELETERECORDS);
  rd_kafka_DeleteRecords(client_.get(), requests, 1, opts.get(), queue.get());
  const auto event = answer(queue.get(), "deleting records");
  const auto* done =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event.get()));
  for (int i = 0; i < done->cnt; ++i) {
    const rd_kafka_topic_partition_t& partition = done->elems[i];
    if (partition.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    throw_error(fmt::format("deleting records of {} {}", partition.topic, partition.partition),
                partition.err, nullptr);
  }
}

}  // namespace sluice::kafka
