#include "common/adapters/kafka/group_consumers.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "common/adapters/kafka/client_config.h"
#include "common/adapters/kafka/kafka_errors.h"
#include "common/adapters/kafka/log_reader.h"
#include "common/adapters/kafka/position_list.h"
#include "common/telemetry/log.h"

namespace sluice::kafka {

KafkaGroupMember::KafkaGroupMember(const KafkaSettings& settings, const std::string& group,
                                   const std::string& instance,
                                   const std::vector<std::string>& topics)
    : group_(group) {
  Properties properties = properties_for(Purpose::kGroupMember, settings);
  properties.emplace_back("group.id", group);
  if (!instance.empty()) properties.emplace_back("group.instance.id", instance);
  Handle<rd_kafka_conf_t> conf = make_conf(properties);
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
  client_ = make_client(RD_KAFKA_CONSUMER, std::move(conf));
  rd_kafka_poll_set_consumer(client_.get());
  Handle<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const std::string& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  if (const auto code = rd_kafka_subscribe(client_.get(), list.get()))
    throw_error("joining " + group, code, nullptr);
}

KafkaGroupMember::~KafkaGroupMember() {
  try {
    leave();
  } catch (...) {  // nothing is left to be done about a failed goodbye
  }
}

void KafkaGroupMember::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t what,
                                    rd_kafka_topic_partition_list_t* partitions, void* self) {
  static_cast<KafkaGroupMember*>(self)->rebalance(what, partitions);
}

void KafkaGroupMember::rebalance(rd_kafka_resp_err_t what,
                                 rd_kafka_topic_partition_list_t* partitions) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    change_.assigned.clear();
    for (int i = 0; i < partitions->cnt; ++i) {
      change_.assigned.push_back({partitions->elems[i].topic, partitions->elems[i].partition});
    }
    changed_ = true;
    // Taken, and nothing fetched: the position reader does that.
    rd_kafka_assign(client_.get(), partitions);
    rd_kafka_pause_partitions(client_.get(), partitions);
    return;
  }
  const bool lost = rd_kafka_assignment_lost(client_.get()) != 0;
  change_.lost = change_.lost || lost;
  if (before_revoke_ != nullptr) (*before_revoke_)(lost);
  rd_kafka_assign(client_.get(), nullptr);
}

bool KafkaGroupMember::poll(std::chrono::milliseconds wait,
                            const std::function<void(bool lost)>& before_revoke, Change& change) {
  before_revoke_ = &before_revoke;
  const Handle<rd_kafka_message_t> message(
      rd_kafka_consumer_poll(client_.get(), static_cast<int>(wait.count())));
  before_revoke_ = nullptr;
  if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    char reason[512];
    const auto fatal = rd_kafka_fatal_error(client_.get(), reason, sizeof reason);
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
      throw Fenced(fmt::format(
          "this instance has joined group {} a second time; it joins again. If another process "
          "runs under the same name, give each its own SLUICE_INSTANCE_ID",
          group_));
    }
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw_error("staying in group " + group_, fatal, reason);
    log::debug("group member",
               {{"group", group_}, {"text", rd_kafka_message_errstr(message.get())}});
  }
  if (!changed_) return false;
  changed_ = false;
  change = std::exchange(change_, {});
  return true;
}

void KafkaGroupMember::leave() {
  if (left_ || !client_) return;
  left_ = true;
  // rd_kafka_consumer_close waits for the group's coordinator, which may be away; the queue variant
  // lets us bound the wait.
  const Handle<rd_kafka_queue_t> queue(rd_kafka_queue_new(client_.get()));
  const Handle<rd_kafka_error_t> error(rd_kafka_consumer_close_queue(client_.get(), queue.get()));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!error && rd_kafka_consumer_closed(client_.get()) == 0 &&
         std::chrono::steady_clock::now() < deadline) {
    const Handle<rd_kafka_event_t> event(rd_kafka_queue_poll(queue.get(), 50));
    if (event && rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE)
      rd_kafka_assign(client_.get(), nullptr);
  }
}

KafkaPositionReader::KafkaPositionReader(const KafkaSettings& settings)
    : settings_(settings), batch_(10'000) {
  client_ = make_client(RD_KAFKA_CONSUMER,
                        make_conf(properties_for(Purpose::kPositionReader, settings_)));
  rd_kafka_poll_set_consumer(client_.get());
  queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
}

KafkaPositionReader::~KafkaPositionReader() {
  if (client_) rd_kafka_assign(client_.get(), nullptr);
}

void KafkaPositionReader::assign(const std::vector<Position>& positions) {
  partitions_.clear();
  by_name_.clear();
  if (positions.empty()) {
    rd_kafka_assign(client_.get(), nullptr);
    return;
  }
  const auto list = list_of(positions);
  for (const Position& position : positions) {
    partitions_.push_back(
        std::make_unique<Partition>(Partition{position.partition, position.next_offset, {}}));
    by_name_[{position.partition.topic, position.partition.partition}] = partitions_.back().get();
  }
  if (const auto code = rd_kafka_assign(client_.get(), list.get()))
    throw_error("reading on", code, nullptr);
}

KafkaPositionReader::Partition* KafkaPositionReader::find(const rd_kafka_message_t& message) {
  const auto found = by_name_.find({rd_kafka_topic_name(message.rkt), message.partition});
  return found == by_name_.end() ? nullptr : found->second;
}

// Throws what ends the partition's task. A broker that is away is no such thing: librdkafka reads
// on when it is back.
void KafkaPositionReader::fail_partition_of(const rd_kafka_message_t& message) {
  const Partition* partition = message.rkt == nullptr ? nullptr : find(message);
  switch (partition == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : message.err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      throw PartitionFailed(partition->name, true,
                            fmt::format("{} {}: the log does not have offset {}, which was to be "
                                        "read next (was it purged, or "
                                        "the topic made anew?): {}",
                                        partition->name.topic, partition->name.partition,
                                        partition->next, rd_kafka_message_errstr(&message)));
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
      throw PartitionFailed(
          partition->name, false,
          fmt::format("reading {} {}: {}", partition->name.topic, partition->name.partition,
                      rd_kafka_message_errstr(&message)));
    default:
      log::debug("reading on", {{"text", rd_kafka_message_errstr(&message)}});
  }
}

std::size_t KafkaPositionReader::poll(
    std::chrono::milliseconds wait, std::size_t max_records,
    const std::function<void(const TopicPartition&, std::span<const LogRecord>)>& each) {
  if (partitions_.empty()) {
    std::this_thread::sleep_for(wait);
    return 0;
  }
  const std::size_t limit = std::min(max_records, batch_.size());
  // librdkafka waits until the batch is full or the time is over; what is there already must not
  // wait for more. So: one message with the wait, then whatever else is at hand.
  ssize_t got =
      rd_kafka_consume_batch_queue(queue_.get(), static_cast<int>(wait.count()), batch_.data(), 1);
  if (got <= 0) return 0;
  if (limit > 1) {
    const ssize_t more =
        rd_kafka_consume_batch_queue(queue_.get(), 0, batch_.data() + 1, limit - 1);
    if (more > 0) got += more;
  }
  struct Release {
    std::vector<rd_kafka_message_t*>& batch;
    ssize_t count;
    ~Release() {
      for (ssize_t i = 0; i < count; ++i)
        rd_kafka_message_destroy(batch[static_cast<std::size_t>(i)]);
    }
  } const release{batch_, got};

  for (auto& partition : partitions_) partition->records.clear();
  Partition* last = nullptr;
  const rd_kafka_topic_t* last_topic = nullptr;
  std::size_t delivered = 0;
  for (ssize_t i = 0; i < got; ++i) {
    const rd_kafka_message_t& message = *batch_[static_cast<std::size_t>(i)];
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      fail_partition_of(message);
      continue;
    }
    if (last == nullptr || message.rkt != last_topic || message.partition != last->name.partition) {
      last = find(message);
      last_topic = message.rkt;
    }
    // Left over from an older assignment, or delivered twice after a rewind.
    if (last == nullptr || message.offset < last->next) continue;
    last->next = message.offset + 1;
    last->records.push_back(view_of(message));
    ++delivered;
  }
  wake_.after_batch(client_.get(), queue_.get(), behind());
  for (const auto& partition : partitions_) {
    if (!partition->records.empty()) each(partition->name, partition->records);
  }
  return delivered;
}

// Where the log is known to hold more than what the batch at hand brought.
std::vector<Position> KafkaPositionReader::behind() const {
  std::vector<Position> out;
  for (const auto& partition : partitions_) {
    std::int64_t low = 0, high = 0;
    if (!partition->records.empty() &&
        rd_kafka_get_watermark_offsets(client_.get(), partition->name.topic.c_str(),
                                       partition->name.partition, &low,
                                       &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        high > partition->next) {
      out.push_back({partition->name, partition->next});
    }
  }
  return out;
}

std::vector<std::pair<TopicPartition, std::int64_t>> KafkaPositionReader::lag() {
  std::vector<std::pair<TopicPartition, std::int64_t>> out;
  for (const auto& partition : partitions_) {
    std::int64_t low = 0, high = 0;
    const auto code = rd_kafka_get_watermark_offsets(client_.get(), partition->name.topic.c_str(),
                                                     partition->name.partition, &low, &high);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) continue;
    // A partition's last message is often a marker, which is never delivered: ask where the
    // consumer stands.
    Handle<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), partition->name.topic.c_str(),
                                      partition->name.partition);
    std::int64_t position = partition->next;
    if (rd_kafka_position(client_.get(), list.get()) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        list->elems[0].offset > position) {
      position = list->elems[0].offset;
    }
    out.emplace_back(partition->name, std::max<std::int64_t>(0, high - position));
  }
  return out;
}

}  // namespace sluice::kafka
