#pragma once
// The tasks of transform over a log and stores in memory, driven by hand: what goes in, who commits, who
// dies with how much of its disk.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/partitioning.h"
#include "common/model/delta_frame.h"
#include "common/model/event_time.h"
#include "common/model/file_events.h"
#include "common/model/origin.h"
#include "services/transform/core/task_memory.h"
#include "services/transform/core/test_dataset.h"
#include "services/transform/core/topology.h"
#include "tests/support/memory_log.h"
#include "tests/support/memory_state_store.h"

namespace sluice::transform::testing {

// One that a test sets.
class SetWatermarks final : public Watermarks {
 public:
  std::optional<std::int64_t> of_ms(const std::string& /*dataset*/, std::int64_t /*idle_ms*/) const override { return ms; }
  bool known() const override { return true; }
  std::optional<std::int64_t> ms;
};

class TestBench {
 public:
  using FaultPlan = sluice::testing::FaultPlan;
  explicit TestBench(std::shared_ptr<Dataset> of = visits(),
                     std::shared_ptr<FaultPlan> plan = std::make_shared<FaultPlan>())
      : dataset(std::move(of)), faults_(std::move(plan)) {
    for (const std::string& topic :
         {topics.records(dataset->name), topics.deltas(dataset->name), topics.state(dataset->name),
          topics.commits(dataset->name), topics.dead_letters(dataset->name),
          topics.file_counts()}) {
      log.create_topic(topic, dataset->partitions);
    }
    for (const ReportSpec& report : dataset->reports) {
      log.create_topic(topics.rows(report.name), dataset->partitions);
    }
    input_ = log.plain_producer();
  }

  std::unique_ptr<Task> stage1(std::int32_t partition) {
    return make_stage1(parts(), partition);
  }
  std::unique_ptr<Task> stage2(std::int32_t partition) {
    return make_stage2(parts(), partition);
  }
  TaskParts parts() { return {dataset, topics, log, *disk, clock, events, watermarks, restore_bytes, generation}; }
  GenerationParts generation;
  // Another generation's tasks over the same log, with topics of their own.
  TaskParts parts_of(const Topics& of_generation) {
    for (const TopicSettings& topic : generation_topics(of_generation, dataset->name, {}, dataset->partitions, false)) {
      log.create_topic(topic.name, topic.partitions);
    }
    for (const ReportSpec& report : dataset->reports) {
      log.create_topic(of_generation.rows(report.name), dataset->partitions);
    }
    return {dataset, of_generation, log, *disk, clock, events, watermarks, restore_bytes, generation};
  }
  void cut(const Cut& cut) {
    const std::string text = to_json(cut);
    for (std::int32_t p = 0; p < dataset->partitions; ++p) {
      OutgoingRecord out;
      out.value = text;
      input_->send(topics.records(dataset->name), p, out);
    }
  }
  std::size_t restore_bytes = 16U << 20;

  // An empty origin sends none; a null value a tombstone.
  void send(std::string_view key, const std::string* value, std::string_view origin = {},
            std::int32_t partition = -1, std::string_view retry = {}) {
    const Header headers[] = {{kOriginHeader, origin}, {kRetryHeader, retry}};
    OutgoingRecord out;
    out.key = key;
    if (value != nullptr) out.value = *value;
    out.tombstone = value == nullptr;
    if (!origin.empty()) out.headers = std::span(headers).first(retry.empty() ? 1 : 2);
    if (partition < 0) partition = partition_of(key, dataset->partitions);
    input_->send(topics.records(dataset->name), partition, out);
  }

  // Feeds a task what is there from `position` on; returns whether there was anything.
  bool feed(Task& task, Position& position, std::size_t max_records) {
    const auto some = log.fetch(position.partition, position.next_offset, max_records);
    task.process(position.partition, some.records);
    const bool moved = some.next_offset > position.next_offset;
    position.next_offset = some.next_offset;
    return moved;
  }

  // Runs fresh tasks over all that is there.
  void run() {
    for (const bool first : {true, false}) {
      for (std::int32_t p = 0; p < dataset->partitions; ++p) {
        const auto task = first ? stage1(p) : stage2(p);
        Position position = task->start().front();
        while (feed(*task, position, 100)) task->commit();
      }
    }
  }

  // The live values of a compacted topic.
  std::map<std::string, nlohmann::json> table(const std::string& topic) const {
    std::map<std::string, nlohmann::json> out;
    for (std::int32_t p = 0; p < dataset->partitions; ++p) {
      for (const LogRecord& record : all({topic, p})) {
        if (record.tombstone) {
          out.erase(std::string(record.key));
        } else {
          out[std::string(record.key)] = nlohmann::json::parse(record.value);
        }
      }
    }
    return out;
  }
  std::vector<LogRecord> all(const TopicPartition& partition) const {
    return log.fetch(partition, 0, static_cast<std::size_t>(-1)).records;
  }

  // What became of each file, from all transactions.
  std::map<std::string, FileCounts> counts() const {
    std::map<std::string, FileCounts> out;
    for (std::int32_t p = 0; p < dataset->partitions; ++p) {
      for (const LogRecord& record : all({topics.file_counts(), p})) {
        const auto one = file_counts_from_json(record.value).value();
        FileCounts& sum = out[one.file];
        sum.records += one.records;
        sum.corrections += one.corrections;
        sum.duplicates += one.duplicates;
        sum.poisoned += one.poisoned;
        sum.late += one.late;
        sum.event_max_ms = later_ms(sum.event_max_ms, one.event_max_ms);
      }
    }
    return out;
  }

  std::shared_ptr<Dataset> dataset;

 private:
  std::shared_ptr<FaultPlan> faults_;

 public:
  Topics topics{"test"};
  FaultPlan& faults = *faults_;
  sluice::testing::MemoryLog log{faults};
  sluice::testing::MemoryStateStores stores{faults};
  sluice::testing::MemoryStateStores* disk = &stores;  // of the machine that tasks start on
  ManualClock clock;
  TransformEvents events;
  SetWatermarks watermarks;

 private:
  std::unique_ptr<PlainProducer> input_;
};

// A visit's record as ingest would write it.
inline std::string visit(const std::string& id, const std::string& place, int guests,
                         const std::string& amount, const std::string& currency,
                         const std::string& day) {
  return R"({"id":")" + id + R"(","place":")" + place + R"(","guests":)" +
         (guests < 0 ? "null" : std::to_string(guests)) + R"(,"amount":)" + amount +
         R"(,"amount_currency":")" + currency + R"(","day":")" + day + R"("})";
}

}  // namespace sluice::transform::testing
