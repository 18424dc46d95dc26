#pragma once
// Kafka in memory, single-threaded and deterministic, with what makes the real one hard:
//  - a committed transaction's markers are written later, partition by partition, so the last stable
//    offset lags the end of the log;
//  - a new producer of a transactional id fences the old one and ends its transaction;
//  - a transaction may stay open that its coordinator has forgotten;
//  - a commit may have happened although its caller saw a failure;
//  - markers take offsets, so offsets have gaps.
// Faults are decided by a FaultPlan, which the simulation draws from its seed.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/ports/log.h"

namespace sluice::testing {

// Thrown through the code under test where a real process would be killed. Not a std::exception, so
// that nobody catches it by accident.
struct SimulatedCrash {
  std::string where;
};

// Asked at every durable effect; the default has no faults.
class FaultPlan {
 public:
  virtual ~FaultPlan() = default;
  // May throw SimulatedCrash (killed here) or TaskBroken (the call failed or its reply was lost).
  virtual void before(const std::string& /*effect*/) {}
  virtual void after(const std::string& /*effect*/) {}
  // How many of the pending transaction markers to write now; the rest stays delayed.
  virtual std::size_t markers_now(std::size_t pending) { return pending; }
};

class MemoryLog final : public Log {
 public:
  explicit MemoryLog(FaultPlan& faults) : faults_(faults) {}

  void create_topic(const std::string& name, std::int32_t partitions);

  std::unique_ptr<TransactionalProducer> transactional_producer(const std::string& id) override;
  std::unique_ptr<PlainProducer> plain_producer() override;
  std::unique_ptr<LogReader> reader() override;
  std::int32_t partition_count(const std::string& topic) override;

  // What a read_committed consumer at `from` gets now: records before the last stable offset.
  // Returns the position after them.
  struct Fetched {
    std::vector<LogRecord> records;  // views into the log; valid until the log is destroyed
    std::int64_t next_offset = 0;
  };
  Fetched fetch(const TopicPartition& from, std::int64_t position, std::size_t max_records) const;
  std::int64_t end_offset(const TopicPartition& partition) const;
  std::int64_t last_stable_offset(const TopicPartition& partition) const;

  // Writes all delayed markers.
  void settle();
  // Removes superseded keys of a compacted topic below the last stable offset (keeps the newest).
  void compact(const TopicPartition& partition);
  // And the tombstones that are left, as Kafka does after delete.retention.ms.
  void forget_deletions(const TopicPartition& partition);
  // A torn transaction, as a stale EndTxn makes it: the open transaction of this id is committed in
  // the partitions of `topic` and aborted elsewhere.
  void tear(const std::string& transactional_id, const std::string& topic);
  // The coordinator forgets the id's open transaction, if there is one, which stays open in its
  // partitions until a marker of the same producer comes there (docs/decisions/0008).
  void lose_transaction(const std::string& transactional_id);

 private:
  enum class Fate { kOpen, kCommitted, kAborted };
  struct Entry {
    std::string key, value, origin, retry;
    bool tombstone = false;
    bool marker = false;
    bool removed = false;  // compacted away
    std::int64_t timestamp_ms = 0;
    std::uint64_t transaction = 0;  // 0: not transactional
  };
  struct Partition {
    std::vector<std::unique_ptr<Entry>> entries;
    std::map<std::uint64_t, std::int64_t> open;          // transaction -> its first offset here
    std::map<std::uint64_t, Fate> fates;                 // as the markers here say
  };
  struct Marker {
    TopicPartition partition;
    std::uint64_t transaction;
    Fate fate;
  };
  struct Coordinator {
    std::uint64_t epoch = 0;
    std::uint64_t transaction = 0;                        // the open one; 0 = none
    std::vector<TopicPartition> partitions;
    std::multimap<TopicPartition, std::uint64_t> lost;    // open, and not known to be
  };

  Partition& at(const TopicPartition& partition);
  const Partition& at(const TopicPartition& partition) const;
  std::int64_t append(const TopicPartition& to, const OutgoingRecord& record, std::uint64_t transaction);
  void end(const std::string& id, Fate fate);
  void end_lost(Coordinator& coordinator, const TopicPartition& partition, Fate fate);
  void abort_lost(const std::string& id, std::span<const TopicPartition> partitions);
  void write_marker(const Marker& marker);
  void write_some_markers();
  // Ends every transaction that is open in the partition, as its timeout would.
  void time_out_open(const TopicPartition& partition);

  class Producer;
  class Plain;
  class Reader;

  FaultPlan& faults_;
  std::map<std::string, std::vector<Partition>> topics_;
  std::map<std::string, Coordinator> coordinators_;
  std::vector<Marker> delayed_;
  std::uint64_t transactions_ = 0;
};

}  // namespace sluice::testing
