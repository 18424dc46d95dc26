#pragma once
// The log (Kafka) as the services' cores see it. Implemented by common/adapters/kafka (librdkafka)
// and by tests/support/memory_log (deterministic, with faults). One thread uses one object.
//
// Failures are exceptions of common/base/error.h: TaskBroken (start the task again), Fenced
// (someone else owns it), Unsafe (going on would give a wrong number).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

// Of a topic that has `count` partitions.
inline std::vector<TopicPartition> all_partitions(const std::string& topic, std::int32_t count) {
  std::vector<TopicPartition> out;
  for (std::int32_t p = 0; p < count; ++p) out.push_back({topic, p});
  return out;
}

// A consumed message. Views are valid until the batch they came in is released.
struct LogRecord {
  std::string_view key;
  std::string_view value;
  bool tombstone = false;        // the message's value is null
  std::string_view origin;       // the `origin` header, empty if there is none
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::string_view retry{};      // the `retry` header, empty if there is none
};

struct Header {
  std::string_view name;
  std::string_view value;
};

// A message to produce; everything is copied before produce() returns.
struct OutgoingRecord {
  std::string_view key;                // empty data pointer = null key
  std::string_view value;
  bool tombstone = false;
  // Nothing: now. Brokers hold no time before 1970: an earlier one is sent as 1 ms (as is 0, which
  // librdkafka takes for "now"), so whoever needs the real one reads it from the record's fields.
  std::optional<std::int64_t> timestamp_ms{};
  std::span<const Header> headers{};
};

using TopicHandle = std::size_t;

// The next offset to read of a partition.
struct Position {
  TopicPartition partition;
  std::int64_t next_offset = 0;
};

// A producer with one stable transactional id. Constructing it fences every older producer of the
// id and finishes or aborts the transaction that the coordinator knows as open. After any exception
// the object is dead: destroy it.
//
// The adapter guarantees what librdkafka alone does not (RELIABILITY finding 1): a transaction whose
// EndTxn needed a second try is followed by a new epoch before the next begin, so that a delayed
// request can never commit or abort a later transaction.
class TransactionalProducer {
 public:
  virtual ~TransactionalProducer() = default;
  // Resolves a topic's name once; the handle is good for the life of the producer.
  virtual TopicHandle topic(const std::string& name) = 0;
  // Ends, by aborting, what an older producer of the id may have left open in these partitions with
  // the broker's coordinator knowing nothing of it: readers would wait for it for ever, and the next
  // commit here would commit it too (docs/decisions/0008). Outside a transaction, before the first
  // message to each partition and before anything that this task has written is read back.
  virtual void take_over(std::span<const TopicPartition> outputs) = 0;
  virtual void begin() = 0;
  // Blocks while the send queue (bounded in bytes) is full.
  virtual void produce(TopicHandle topic, std::int32_t partition, const OutgoingRecord& record) = 0;
  // Also records the consumed positions under a consumer group, for lag tools; our own truth is the
  // commit record.
  virtual void send_offsets(const std::string& group, std::span<const Position> positions) = 0;
  // Returns only when the transaction is committed.
  virtual void commit() = 0;
  virtual void abort() = 0;
};

// A producer without transactions (acks=all, idempotent), for announcements.
class PlainProducer {
 public:
  virtual ~PlainProducer() = default;
  // Waits for the acknowledgement; returns the offset the message got.
  virtual std::int64_t send(const std::string& topic, std::int32_t partition,
                            const OutgoingRecord& record) = 0;
};

// Reads ranges of single partitions to restore state.
class LogReader {
 public:
  virtual ~LogReader() = default;
  virtual std::int64_t begin_offset(const TopicPartition& partition) = 0;
  // The true end of the log, read uncommitted: a committed transaction whose markers are not yet
  // written lies behind the last stable offset but before this (RELIABILITY finding 2).
  virtual std::int64_t end_offset(const TopicPartition& partition) = 0;
  // Up to where a reader of committed records gets without waiting: before the first message of a
  // transaction that is open. For whoever must not wait, because it has to end such a transaction.
  virtual std::int64_t stable_offset(const TopicPartition& partition) = 0;
  // Calls `each` with every committed record from `from` (or the log's first offset if that is
  // later and `from` is 0) until the position has reached `to`. Waits for open transactions to
  // end; TaskBroken if one does not. Unsafe if `from` is beyond the log's end or, when not 0, before its beginning.
  virtual void read(const TopicPartition& partition, std::int64_t from, std::int64_t to,
                    const std::function<void(const LogRecord&)>& each) = 0;
};

// Makes producers and readers; shared by all tasks of a service. Thread-safe.
class Log {
 public:
  virtual ~Log() = default;
  virtual std::unique_ptr<TransactionalProducer> transactional_producer(
      const std::string& transactional_id) = 0;
  virtual std::unique_ptr<PlainProducer> plain_producer() = 0;
  virtual std::unique_ptr<LogReader> reader() = 0;
  // The number of partitions the topic has; Unsafe if there is no such topic.
  virtual std::int32_t partition_count(const std::string& topic) = 0;
};

}  // namespace sluice
