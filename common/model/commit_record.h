#pragma once
// The commit record: the last message of each transaction of a task, in a compacted topic at the
// task's own partition, key = the task's name. It is the task's memory of where it stands: on start
// the task reads the newest one (to the log's true end) and goes on from there, whatever the
// consumer group thinks.
//
// Records are chained: number n names n-1. A number that does not follow, or data behind the newest
// record in a changelog, is a torn transaction; the task stops with a named error (Unsafe) instead
// of going on to a wrong number.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sluice {

struct CommitRecord {
  int format = 1;  // a newer format than ours is refused (downgrade)
  std::string task;
  std::uint64_t transaction = 0;  // 1 for the first; 0 = none yet
  std::uint64_t previous = 0;
  std::map<std::string, std::int64_t> inputs;  // topic -> next offset to read (task's partition)
  std::int32_t partitions = 0;                 // of the input topics; a change is refused
  std::string fingerprint;                     // Dataset::fingerprint; empty for ingest
  std::uint64_t messages = 0;  // data messages in the same transaction and partition
  // "dataset/report" of those that have been given what they look up, from the first record on.
  std::vector<std::string> feeds;
  int cut = 0;  // of stage 1: the number of the last cut that lies behind (common/model/generations.h)
};

std::string to_json(const CommitRecord& record);
// Of a record in a newer format only format and task are read, for CommitChain to refuse it by
// name.
Result<CommitRecord> commit_record_from_json(std::string_view json);

// The key of a message beside stage 1's commit records, in their topic's first partition: the fingerprint of the
// definition that transform works by (common/runtime/definition_check.h).
inline constexpr std::string_view kDefinitionKey = "definition";

// Feeds the records of one topic partition in offset order and checks the chain.
class CommitChain {
 public:
  explicit CommitChain(std::string task) : task_(std::move(task)) {}
  // Throws Unsafe on a broken chain or a newer format. Records of other tasks are an error too.
  // Numbers may jump forward where compaction, perhaps under the reader's eyes, took records out;
  // none may repeat, go back, or name another than its own predecessor.
  void read(const CommitRecord& record);
  bool empty() const { return last_.transaction == 0; }
  const CommitRecord& last() const { return last_; }
  // The record to write next: number and link filled in.
  CommitRecord next() const;

 private:
  std::string task_;
  CommitRecord last_;
};

}  // namespace sluice
