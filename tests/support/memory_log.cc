#include "tests/support/memory_log.h"

#include <algorithm>
#include <set>

#include "common/base/check.h"
#include "common/base/error.h"

namespace sluice::testing {

class MemoryLog::Producer final : public TransactionalProducer {
 public:
  Producer(MemoryLog& log, std::string id) : log_(log), id_(std::move(id)) {
    log_.faults_.before("init " + id_);
    Coordinator& mine = log_.coordinators_[id_];
    if (mine.transaction != 0) log_.end(id_, Fate::kAborted);
    // InitProducerId waits for the predecessor's markers.
    log_.settle();
    epoch_ = ++mine.epoch;
  }

  TopicHandle topic(const std::string& name) override {
    SLUICE_CHECK(log_.topics_.contains(name), name.c_str());
    names_.push_back(name);
    return names_.size() - 1;
  }

  void take_over(std::span<const TopicPartition> outputs) override {
    check_alive();
    SLUICE_CHECK(transaction_ == 0, "outside a transaction");
    for (const TopicPartition& output : outputs) {
      SLUICE_CHECK(output.partition < log_.partition_count(output.topic), "a partition that there is");
    }
    log_.faults_.before("take over " + id_);
    log_.abort_lost(id_, outputs);
    outputs_.insert(outputs.begin(), outputs.end());
    log_.faults_.after("take over " + id_);
  }

  void begin() override { check_alive(); }

  void produce(TopicHandle topic, std::int32_t partition, const OutgoingRecord& record) override {
    check_alive();
    const TopicPartition to{names_.at(topic), partition};
    SLUICE_CHECK(outputs_.contains(to), "a partition that was taken over");
    log_.faults_.before("produce " + to.topic);
    Coordinator& mine = log_.coordinators_[id_];
    if (mine.transaction == 0) mine.transaction = ++log_.transactions_;
    if (std::ranges::find(mine.partitions, to) == mine.partitions.end()) mine.partitions.push_back(to);
    transaction_ = mine.transaction;
    log_.append(to, record, mine.transaction);
  }

  void send_offsets(const std::string&, std::span<const Position>) override { check_alive(); }

  void commit() override {
    check_alive();
    log_.faults_.before("commit " + id_);
    log_.end(id_, Fate::kCommitted);
    transaction_ = 0;
    log_.faults_.after("commit " + id_);
  }

  void abort() override {
    check_alive();
    log_.faults_.before("abort " + id_);
    log_.end(id_, Fate::kAborted);
    transaction_ = 0;
  }

 private:
  void check_alive() {
    Coordinator& mine = log_.coordinators_[id_];
    if (mine.epoch != epoch_) throw Fenced("producer " + id_ + " was fenced by a newer one");
    if (transaction_ != 0 && mine.transaction != transaction_) {
      throw TaskBroken("the transaction of " + id_ + " timed out");
    }
  }

  MemoryLog& log_;
  std::string id_;
  std::uint64_t epoch_ = 0;
  std::uint64_t transaction_ = 0;
  std::vector<std::string> names_;
  std::set<TopicPartition> outputs_;
};

class MemoryLog::Plain final : public PlainProducer {
 public:
  explicit Plain(MemoryLog& log) : log_(log) {}
  std::int64_t send(const std::string& topic, std::int32_t partition,
                    const OutgoingRecord& record) override {
    log_.faults_.before("send " + topic);
    const std::int64_t offset = log_.append({topic, partition}, record, 0);
    log_.faults_.after("send " + topic);
    return offset;
  }

 private:
  MemoryLog& log_;
};

class MemoryLog::Reader final : public LogReader {
 public:
  explicit Reader(MemoryLog& log) : log_(log) {}
  std::int64_t begin_offset(const TopicPartition&) override { return 0; }
  std::int64_t end_offset(const TopicPartition& partition) override {
    return log_.end_offset(partition);
  }
  std::int64_t stable_offset(const TopicPartition& partition) override {
    return log_.last_stable_offset(partition);
  }
  void read(const TopicPartition& partition, std::int64_t from, std::int64_t to,
            const std::function<void(const LogRecord&)>& each) override {
    if (from > log_.end_offset(partition)) {
      throw Unsafe("position " + std::to_string(from) + " lies beyond the end of " + partition.topic);
    }
    log_.settle();
    if (log_.last_stable_offset(partition) < to) log_.time_out_open(partition);
    if (log_.last_stable_offset(partition) < to) {
      throw TaskBroken(partition.topic + " stands still: a transaction is open there");
    }
    std::int64_t position = from;
    while (position < to) {
      const Fetched some = log_.fetch(partition, position, 100);
      for (const LogRecord& record : some.records) {
        if (record.offset < to) each(record);
      }
      SLUICE_CHECK(some.next_offset > position, "the log has records up to the asked end");
      position = some.next_offset;
    }
  }

 private:
  MemoryLog& log_;
};

void MemoryLog::create_topic(const std::string& name, std::int32_t partitions) {
  auto& made = topics_[name];
  if (made.empty()) made.resize(static_cast<std::size_t>(partitions));
}

std::unique_ptr<TransactionalProducer> MemoryLog::transactional_producer(const std::string& id) {
  return std::make_unique<Producer>(*this, id);
}
std::unique_ptr<PlainProducer> MemoryLog::plain_producer() { return std::make_unique<Plain>(*this); }
std::unique_ptr<LogReader> MemoryLog::reader() { return std::make_unique<Reader>(*this); }

std::int32_t MemoryLog::partition_count(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) throw Unsafe("there is no topic " + topic);
  return static_cast<std::int32_t>(found->second.size());
}

MemoryLog::Partition& MemoryLog::at(const TopicPartition& partition) {
  return topics_.at(partition.topic).at(static_cast<std::size_t>(partition.partition));
}
const MemoryLog::Partition& MemoryLog::at(const TopicPartition& partition) const {
  return topics_.at(partition.topic).at(static_cast<std::size_t>(partition.partition));
}

std::int64_t MemoryLog::append(const TopicPartition& to, const OutgoingRecord& record,
                               std::uint64_t transaction) {
  Partition& log = at(to);
  auto entry = std::make_unique<Entry>();
  entry->key = std::string(record.key);
  entry->value = std::string(record.value);
  entry->tombstone = record.tombstone;
  entry->timestamp_ms = record.timestamp_ms.value_or(0);
  entry->transaction = transaction;
  for (const Header& header : record.headers) {
    if (header.name == "origin") entry->origin = std::string(header.value);
    if (header.name == "retry") entry->retry = std::string(header.value);
  }
  const auto offset = static_cast<std::int64_t>(log.entries.size());
  log.entries.push_back(std::move(entry));
  if (transaction != 0) log.open.try_emplace(transaction, offset);
  return offset;
}

void MemoryLog::end(const std::string& id, Fate fate) {
  Coordinator& mine = coordinators_[id];
  for (const TopicPartition& partition : mine.partitions) {
    delayed_.push_back({partition, mine.transaction, fate});
    end_lost(mine, partition, fate);
  }
  mine.transaction = 0;
  mine.partitions.clear();
  write_some_markers();
}

// A partition has one open transaction of a producer: a marker ends whatever was written since the
// one before.
void MemoryLog::end_lost(Coordinator& coordinator, const TopicPartition& partition, Fate fate) {
  auto [first, last] = coordinator.lost.equal_range(partition);
  for (auto lost = first; lost != last; ++lost) delayed_.push_back({partition, lost->second, fate});
  coordinator.lost.erase(first, last);
}

void MemoryLog::abort_lost(const std::string& id, std::span<const TopicPartition> partitions) {
  for (const TopicPartition& partition : partitions) {
    end_lost(coordinators_[id], partition, Fate::kAborted);
  }
  write_some_markers();
}

void MemoryLog::lose_transaction(const std::string& transactional_id) {
  Coordinator& mine = coordinators_[transactional_id];
  if (mine.transaction == 0) return;
  for (const TopicPartition& partition : mine.partitions) {
    mine.lost.emplace(partition, mine.transaction);
  }
  mine.transaction = 0;
  mine.partitions.clear();
}

void MemoryLog::write_marker(const Marker& marker) {
  Partition& log = at(marker.partition);
  auto entry = std::make_unique<Entry>();
  entry->marker = true;
  log.entries.push_back(std::move(entry));
  log.open.erase(marker.transaction);
  log.fates[marker.transaction] = marker.fate;
}

void MemoryLog::write_some_markers() {
  std::size_t now = std::min(faults_.markers_now(delayed_.size()), delayed_.size());
  for (std::size_t i = 0; i < now; ++i) write_marker(delayed_[i]);
  delayed_.erase(delayed_.begin(), delayed_.begin() + static_cast<std::ptrdiff_t>(now));
}

void MemoryLog::settle() {
  for (const Marker& marker : delayed_) write_marker(marker);
  delayed_.clear();
}

void MemoryLog::time_out_open(const TopicPartition& partition) {
  for (auto& [id, coordinator] : coordinators_) {
    if (coordinator.transaction != 0 && at(partition).open.contains(coordinator.transaction)) {
      end(id, Fate::kAborted);
    }
  }
  settle();
}

std::int64_t MemoryLog::end_offset(const TopicPartition& partition) const {
  return static_cast<std::int64_t>(at(partition).entries.size());
}

std::int64_t MemoryLog::last_stable_offset(const TopicPartition& partition) const {
  const Partition& log = at(partition);
  auto stable = static_cast<std::int64_t>(log.entries.size());
  for (const auto& [transaction, first] : log.open) stable = std::min(stable, first);
  return stable;
}

MemoryLog::Fetched MemoryLog::fetch(const TopicPartition& from, std::int64_t position,
                                    std::size_t max_records) const {
  const Partition& log = at(from);
  const std::int64_t stable = last_stable_offset(from);
  Fetched out;
  while (position < stable && out.records.size() < max_records) {
    const Entry& entry = *log.entries[static_cast<std::size_t>(position)];
    const auto fate = log.fates.find(entry.transaction);
    const bool visible = !entry.marker && !entry.removed &&
                         (entry.transaction == 0 ||
                          (fate != log.fates.end() && fate->second == Fate::kCommitted));
    if (visible) {
      LogRecord record;
      record.key = entry.key;
      record.value = entry.value;
      record.tombstone = entry.tombstone;
      record.origin = entry.origin;
      record.retry = entry.retry;
      record.offset = position;
      record.timestamp_ms = entry.timestamp_ms;
      out.records.push_back(record);
    }
    ++position;
  }
  out.next_offset = position;
  return out;
}

void MemoryLog::compact(const TopicPartition& partition) {
  Partition& log = at(partition);
  const std::int64_t stable = last_stable_offset(partition);
  std::set<std::string> seen;
  // The active segment (here: the last entry) is never compacted.
  for (std::int64_t offset = stable - 1; offset >= 0; --offset) {
    Entry& entry = *log.entries[static_cast<std::size_t>(offset)];
    const auto fate = log.fates.find(entry.transaction);
    const bool committed = entry.transaction == 0 || (fate != log.fates.end() && fate->second == Fate::kCommitted);
    if (entry.marker || entry.removed || !committed) continue;
    if (!seen.insert(entry.key).second) entry.removed = true;
  }
}

void MemoryLog::forget_deletions(const TopicPartition& partition) {
  compact(partition);
  Partition& log = at(partition);
  for (std::int64_t offset = 0; offset < last_stable_offset(partition); ++offset) {
    Entry& entry = *log.entries[static_cast<std::size_t>(offset)];
    if (entry.tombstone) entry.removed = true;
  }
}

void MemoryLog::tear(const std::string& transactional_id, const std::string& topic) {
  Coordinator& mine = coordinators_[transactional_id];
  SLUICE_CHECK(mine.transaction != 0, "only an open transaction can be torn");
  for (const TopicPartition& partition : mine.partitions) {
    write_marker({partition, mine.transaction,
                  partition.topic == topic ? Fate::kCommitted : Fate::kAborted});
  }
  mine.transaction = 0;
  mine.partitions.clear();
}

}  // namespace sluice::testing
