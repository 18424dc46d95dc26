#pragma once
// The messages between two commits of a task, collapsed to what Postgres needs to know: per key the
// last row, and whether a row before it was deleted. Pure.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/model/dead_letter.h"
#include "common/ports/log.h"
#include "services/loader/core/message_reader.h"

namespace sluice::loader {

// What happens to one key: first the deletion if there was one, then the row if it is later than
// it.
//
// Of a report's rows a deletion is remembered with its revision: only a row made after it comes back.
// Of a table of records it is not: Sluice itself never deletes a record, and a tombstone that another
// producer puts into a records topic takes away the row that is there, whatever its version; any record
// of the key behind it in the log makes the row anew, also one with an older version than the deleted.
struct PendingRow {
  std::string key;                     // the message's
  std::optional<std::string> removed;  // key columns in COPY text, if it was deleted
  std::optional<std::int64_t> floor;   // newest revision known to be deleted
  std::optional<TableRow> row;
  std::string retry;        // of a dead letter that is removed: by which retry
  std::string message;      // the row's value, for its dead letter
  std::int64_t offset = 0;  // of the last message
};

// Of dead letters nothing is collapsed: each message counts as an attempt, and a tombstone settles its letter whenever
// it comes.
class RowBatch {
 public:
  RowBatch(const Target& target, MessageReader& reader) : target_(target), reader_(reader) {}

  // A message that is no row becomes a dead letter of this batch.
  void add(const TopicPartition& from, const LogRecord& message);

  bool empty() const { return messages_ == 0; }
  std::uint64_t messages() const { return messages_; }
  std::size_t bytes() const { return bytes_; }
  // When the oldest of the messages was sent, and where the first of them stands; of a batch that is not empty.
  std::int64_t oldest_sent_ms() const { return oldest_sent_ms_; }
  std::int64_t first_offset() const { return first_offset_; }
  // In the order in which their keys came first.
  const std::deque<PendingRow>& rows() const { return rows_; }
  const std::vector<DeadLetter>& dead_letters() const { return dead_letters_; }
  void clear();

 private:
  PendingRow& pending(std::string_view key);
  PendingRow& pending(const LogRecord& message);
  void remove(const LogRecord& message, std::string key_columns);
  void upsert(const LogRecord& message, TableRow row);

  const Target& target_;
  MessageReader& reader_;
  std::deque<PendingRow> rows_;  // addresses stay: the map's keys point into it
  std::unordered_map<std::string_view, PendingRow*> by_key_;
  std::vector<DeadLetter> dead_letters_;
  std::uint64_t messages_ = 0;
  std::size_t bytes_ = 0;
  std::int64_t oldest_sent_ms_ = 0;
  std::int64_t first_offset_ = 0;
};

// The dead letter of a message that can never become a row of the target's table.
DeadLetter poison_letter(const Target& target, const TopicPartition& from, std::int64_t offset,
                         std::string_view message, std::string reason);

}  // namespace sluice::loader
