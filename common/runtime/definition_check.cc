#include "common/runtime/definition_check.h"

#include <map>

#include "common/base/error.h"
#include "common/definition/committed.h"

namespace sluice {

void check_definition(Log& log, const Topics& topics, const Dataset& dataset) {
  const std::string commits = topics.commits(dataset.name);
  const auto reader = log.reader();
  const std::int32_t partitions = log.partition_count(commits);
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    const TopicPartition from{commits, partition};
    std::map<std::string, CommitRecord> newest;  // by task
    reader->read(from, 0, reader->end_offset(from), [&](const LogRecord& message) {
      auto record = commit_record_from_json(message.value);
      // What cannot be read is judged by the task it belongs to.
      if (record) newest.insert_or_assign(record->task, std::move(*record));
    });
    for (const auto& [task, record] : newest) check_committed(record, dataset);
  }
}

}  // namespace sluice
