#pragma once
// Where a file's time goes: when each stage sent its last message of the file to the log. A message of a
// transaction is some milliseconds older than its commit, so a commit's time is counted to the next stage.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/adapters/kafka/log_reader.h"
#include "common/model/topics.h"

namespace sluice::testing {

struct StageMark {
  const char* stage;
  std::int64_t unix_ms = 0;  // 0: there was no message
};

// Of bookings files, one at a time.
class StageMarks {
 public:
  StageMarks(const std::string& brokers, const std::string& topic_prefix);

  // What the log holds already is not looked at; what comes from now on is of the next file.
  void begin();
  // Since begin(), in the order of the stages.
  std::vector<StageMark> read();

 private:
  struct Stage {
    const char* name;
    std::vector<TopicPartition> partitions;
    std::function<bool(const LogRecord&)> speaks_of_it;
    std::vector<std::int64_t> from{};
  };
  kafka::KafkaLogReader reader_;
  std::vector<Stage> stages_;
};

}  // namespace sluice::testing
