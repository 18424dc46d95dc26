#include "tests/e2e/stage_marks.h"

#include <algorithm>

#include "common/model/file_events.h"

namespace sluice::testing {
namespace {

constexpr std::int32_t kPartitions = 2;  // of shards and of datasets, unless settings say otherwise

KafkaSettings settings_for(const std::string& brokers) {
  KafkaSettings settings;
  settings.brokers = brokers;
  return settings;
}

std::vector<TopicPartition> partitions_of(const std::string& topic) {
  std::vector<TopicPartition> out;
  for (std::int32_t partition = 0; partition < kPartitions; ++partition) out.push_back({topic, partition});
  return out;
}

bool any(const LogRecord&) { return true; }

// The ledger goes on when the file is read: it takes in what became of the records.
bool just_read(const LogRecord& message) {
  const auto entry = file_entry_from_json(message.value);
  return entry && entry->fully_read && entry->records + entry->corrections + entry->duplicates == 0;
}

}  // namespace

StageMarks::StageMarks(const std::string& brokers, const std::string& topic_prefix)
    : reader_(settings_for(brokers), std::make_shared<kafka::EndsClient>(settings_for(brokers))) {
  const Topics topics(topic_prefix);
  stages_ = {{"found", partitions_of(topics.announcements()), any},
             {"read", partitions_of(topics.files()), just_read},
             {"stage 1", partitions_of(topics.commits("bookings")), any},
             {"stage 2", partitions_of(topics.rows("monthly_restaurants_report")), any}};
}

void StageMarks::begin() {
  for (Stage& stage : stages_) {
    stage.from.clear();
    for (const TopicPartition& partition : stage.partitions) {
      stage.from.push_back(reader_.end_offset(partition));
    }
  }
}

std::vector<StageMark> StageMarks::read() {
  std::vector<StageMark> out;
  for (const Stage& stage : stages_) {
    StageMark mark{stage.name};
    for (std::size_t i = 0; i < stage.partitions.size(); ++i) {
      const TopicPartition& partition = stage.partitions[i];
      reader_.read(partition, stage.from[i], reader_.end_offset(partition), [&](const LogRecord& message) {
        if (stage.speaks_of_it(message)) mark.unix_ms = std::max(mark.unix_ms, message.timestamp_ms);
      });
    }
    out.push_back(mark);
  }
  return out;
}

}  // namespace sluice::testing
