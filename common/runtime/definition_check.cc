#include "common/runtime/definition_check.h"

#include <algorithm>
#include <map>
#include <vector>

#include "common/base/error.h"
#include "common/definition/committed.h"

namespace sluice {

namespace {

// The newest commit record of each task of the dataset's first stage, of those that are settled. Waits for no
// open transaction: only the tasks that are to be started can end what a broker has lost. They look again.
std::vector<CommitRecord> newest_commits(Log& log, const Topics& topics, const Dataset& dataset) {
  const std::string commits = topics.commits(dataset.name);
  const auto reader = log.reader();
  const std::int32_t partitions = log.partition_count(commits);
  std::vector<CommitRecord> out;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    const TopicPartition from{commits, partition};
    std::map<std::string, CommitRecord> newest;  // by task
    reader->read(from, 0, reader->stable_offset(from), [&](const LogRecord& message) {
      if (message.key == kDefinitionKey) return;
      auto record = commit_record_from_json(message.value);
      // What cannot be read is judged by the task it belongs to.
      if (record) newest.insert_or_assign(record->task, std::move(*record));
    });
    for (auto& [task, record] : newest) out.push_back(std::move(record));
  }
  return out;
}

}  // namespace

void check_definition(Log& log, const Topics& topics, const Dataset& dataset) {
  for (const CommitRecord& record : newest_commits(log, topics, dataset)) {
    check_committed(record, dataset);
  }
}

void check_definition_is_transforms(Log& log, const Topics& topics, const Dataset& dataset) {
  check_definition(log, topics, dataset);
  const TopicPartition from{topics.commits(dataset.name), 0};
  const auto reader = log.reader();
  std::string told;
  reader->read(from, 0, reader->stable_offset(from), [&](const LogRecord& message) {
    if (message.key == kDefinitionKey) told = message.value;
  });
  if (told.empty() || told == dataset.fingerprint) return;
  throw Unsafe("transform works by another definition of dataset '" + dataset.name +
               "' than this file holds: it was changed while transform ran. Put it back, or restart "
               "transform, which takes the new one as long as no record has come");
}

void tell_definition(Log& log, const Topics& topics, const Dataset& dataset) {
  OutgoingRecord out;
  out.key = kDefinitionKey;
  out.value = dataset.fingerprint;
  log.plain_producer()->send(topics.commits(dataset.name), 0, out);
}

void drop_late_feeds(Log& log, const Topics& topics, Dataset& dataset) {
  if (dataset.feeds.empty()) return;
  for (const CommitRecord& record : newest_commits(log, topics, dataset)) {
    std::erase_if(dataset.feeds, [&](const FeedSpec& feed) {
      return std::ranges::find(record.feeds, feed.name()) == record.feeds.end();
    });
  }
}

}  // namespace sluice
