#include "common/adapters/kafka/log_reader.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "common/adapters/kafka/client_config.h"
#include "common/adapters/kafka/fetch_wake.h"
#include "common/adapters/kafka/kafka_errors.h"
#include "common/model/origin.h"
#include "common/telemetry/log.h"

namespace sluice::kafka {
namespace {

constexpr int kQueryTimeoutMs = 15'000;
constexpr std::size_t kBatch = 5'000;
constexpr int kPollMs = 50;
// Without any progress for this long the task starts again: longer than any transaction may stay
// open.
constexpr std::chrono::minutes kStalled{3};
// A topic that was made, or lost its leader, a moment ago: the metadata know a leader that does not know yet.
constexpr std::chrono::seconds kSettles{3};
constexpr std::chrono::milliseconds kAgainAfter{20};

bool leader_is_changing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

// Assigned to one partition for the life of the object.
class Assignment {
 public:
  Assignment(rd_kafka_t* client, const TopicPartition& partition, std::int64_t from)
      : client_(client) {
    Handle<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)
        ->offset = from;
    if (const auto code = rd_kafka_assign(client, list.get()))
      throw_error("reading " + partition.topic, code, nullptr);
    queue_.reset(rd_kafka_queue_get_consumer(client));
  }
  ~Assignment() { rd_kafka_assign(client_, nullptr); }
  rd_kafka_queue_t* queue() const { return queue_.get(); }

 private:
  rd_kafka_t* client_;
  Handle<rd_kafka_queue_t> queue_;
};

// The next offset to be delivered; counts transaction markers, which are never delivered
// themselves.
std::int64_t position_of(rd_kafka_t* client, const TopicPartition& partition,
                         std::int64_t fallback) {
  Handle<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
  if (rd_kafka_position(client, list.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return fallback;
  return list->elems[0].offset >= 0 ? list->elems[0].offset : fallback;
}

std::string_view header_of(const rd_kafka_headers_t* headers, std::string_view name) {
  const void* value = nullptr;
  std::size_t size = 0;
  const auto found = rd_kafka_header_get_last(headers, name.data(), &value, &size);
  if (found != RD_KAFKA_RESP_ERR_NO_ERROR || value == nullptr) return {};
  return {static_cast<const char*>(value), size};
}

}  // namespace

LogRecord view_of(const rd_kafka_message_t& message) {
  LogRecord record;
  record.key = {static_cast<const char*>(message.key), message.key_len};
  record.value = {static_cast<const char*>(message.payload), message.len};
  record.tombstone = message.payload == nullptr;
  record.offset = message.offset;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    record.origin = header_of(headers, kOriginHeader);
    record.retry = header_of(headers, kRetryHeader);
  }
  return record;
}

EndsClient::EndsClient(const KafkaSettings& settings)
    : client_(make_client(RD_KAFKA_CONSUMER,
                          make_conf(properties_for(Purpose::kEndOffsets, settings)))) {}

KafkaLogReader::KafkaLogReader(const KafkaSettings& settings, std::shared_ptr<EndsClient> ends)
    : settings_(settings), ends_(std::move(ends)) {}

KafkaLogReader::~KafkaLogReader() = default;

std::pair<std::int64_t, std::int64_t> KafkaLogReader::watermarks(rd_kafka_t* client,
                                                                 const TopicPartition& partition) {
  std::int64_t low = 0, high = 0;
  const auto ask = [&] {
    return rd_kafka_query_watermark_offsets(client, partition.topic.c_str(),
                                            partition.partition, &low, &high, kQueryTimeoutMs);
  };
  auto code = ask();
  for (const auto until = std::chrono::steady_clock::now() + kSettles;
       leader_is_changing(code) && std::chrono::steady_clock::now() < until; code = ask()) {
    std::this_thread::sleep_for(kAgainAfter);
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (client == ends_->get()) ends_->fail();
    throw_error(fmt::format("asking for the end of {} {}", partition.topic, partition.partition),
                code, nullptr);
  }
  return {low, high};
}

std::int64_t KafkaLogReader::begin_offset(const TopicPartition& partition) {
  return watermarks(ends_->get(), partition).first;
}
std::int64_t KafkaLogReader::end_offset(const TopicPartition& partition) {
  return watermarks(ends_->get(), partition).second;
}

std::int64_t KafkaLogReader::stable_offset(const TopicPartition& partition) {
  return watermarks(records_client(), partition).second;
}

rd_kafka_t* KafkaLogReader::records_client() {
  if (!records_) {
    records_ =
        make_client(RD_KAFKA_CONSUMER, make_conf(properties_for(Purpose::kRestore, settings_)));
  }
  return records_.get();
}

void KafkaLogReader::read(const TopicPartition& partition, std::int64_t from, std::int64_t to,
                          const std::function<void(const LogRecord&)>& each) {
  const auto [begin, end] = watermarks(ends_->get(), partition);
  const std::string where = fmt::format("{} {}", partition.topic, partition.partition);
  if (from > end) {
    throw Unsafe(fmt::format(
        "{} ends at offset {}, but {} was read already: the log has lost messages (was the topic "
        "made anew, or the broker restored from an older copy?)",
        where, end, from));
  }
  if (from != 0 && from < begin) {
    throw Unsafe(fmt::format("{} begins at offset {} now; the messages from {} on are gone", where,
                             begin, from));
  }
  std::int64_t position = std::max(from, begin);
  if (position >= to) return;
  const Assignment assignment(records_client(), partition, position);
  std::vector<rd_kafka_message_t*> batch(kBatch);
  FetchWake wake;
  auto last_progress = std::chrono::steady_clock::now();
  while (position < to) {
    // librdkafka waits until a batch is full; what is there already must not wait for more.
    ssize_t got = rd_kafka_consume_batch_queue(assignment.queue(), kPollMs, batch.data(), 1);
    if (got == 1) {
      const ssize_t more =
          rd_kafka_consume_batch_queue(assignment.queue(), 0, batch.data() + 1, kBatch - 1);
      if (more > 0) got += more;
    }
    if (got > 0) {
      const Position more_from{partition, position};
      wake.after_batch(records_.get(), assignment.queue(), {&more_from, 1});
    }
    const std::int64_t before = position;
    bool at_end = false;
    std::exception_ptr failed;
    for (ssize_t i = 0; i < got; ++i) {
      const Handle<rd_kafka_message_t> message(batch[static_cast<std::size_t>(i)]);
      if (failed) continue;  // only to free the rest
      try {
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          at_end = true;
          position = std::max(position, message->offset);
        } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
          throw_error("reading " + where, message->err, rd_kafka_message_errstr(message.get()));
        } else if (message->offset >= position) {
          position = message->offset + 1;
          if (message->offset < to) each(view_of(*message));
        }
      } catch (...) {
        failed = std::current_exception();
      }
    }
    if (failed) std::rethrow_exception(failed);
    // What is left may be markers only; the consumer's own position counts them.
    if (got <= 0 || at_end)
      position = std::max(position, position_of(records_.get(), partition, position));
    const auto now = std::chrono::steady_clock::now();
    if (position > before) last_progress = now;
    if (now - last_progress > kStalled) {
      throw TaskBroken(fmt::format(
          "{} stands still at offset {} of {}: a transaction is open there, for longer than any may be. If this "
          "stays, the broker has lost its end: kafka-transactions.sh find-hanging shows it, abort ends it",
          where, position, to));
    }
  }
}

}  // namespace sluice::kafka
