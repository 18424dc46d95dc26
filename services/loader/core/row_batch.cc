#include "services/loader/core/row_batch.h"

#include <algorithm>

#include "common/model/generations.h"
#include "common/rows/row_reader.h"

namespace sluice::loader {
namespace {

constexpr std::size_t kOverhead = 256;  // of a key in memory, roughly

}  // namespace

void RowBatch::add(const TopicPartition& from, const LogRecord& message) {
  if (empty()) {
    first_offset_ = message.offset;
    oldest_sent_ms_ = message.timestamp_ms;
  }
  oldest_sent_ms_ = std::min(oldest_sent_ms_, message.timestamp_ms);
  ++messages_;
  // A mark between records for those who rebuild reports.
  if (target_.kind == TargetKind::kRecords && cut_of(message.key, message.value)) return;
  if (message.tombstone) {
    if (auto key = reader_.key(message.key)) {
      remove(message, std::move(*key));
    } else {
      dead_letters_.push_back(
          poison_letter(target_, from, message.offset, message.key, key.error().message));
    }
  } else if (auto row = reader_.row(message)) {
    upsert(message, std::move(*row));
  } else {
    dead_letters_.push_back(
        poison_letter(target_, from, message.offset, message.value, row.error().message));
  }
  bytes_ += kOverhead + message.key.size() + 2 * message.value.size();
}

PendingRow& RowBatch::pending(std::string_view key) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) return *found->second;
  PendingRow& made = rows_.emplace_back();
  made.key = key;
  by_key_.emplace(made.key, &made);
  return made;
}

PendingRow& RowBatch::pending(const LogRecord& message) {
  if (target_.kind != TargetKind::kDeadLetters) return pending(message.key);
  return pending(std::string(message.key) + "\n" + (message.tombstone ? "" : std::to_string(message.offset)));
}

void RowBatch::remove(const LogRecord& message, std::string key_columns) {
  PendingRow& row = pending(message);
  row.removed = std::move(key_columns);
  row.retry = message.retry;
  if (row.row) row.floor = std::max(row.floor.value_or(row.row->version[0]), row.row->version[0]);
  row.row.reset();
  row.message.clear();
  row.offset = message.offset;
}

void RowBatch::upsert(const LogRecord& message, TableRow made) {
  PendingRow& row = pending(message);
  if (row.row && made.version < row.row->version) return;
  if (target_.kind == TargetKind::kRows && row.floor && made.version[0] <= *row.floor) return;
  row.row = std::move(made);
  row.message = message.value;
  row.offset = message.offset;
}

void RowBatch::clear() {
  by_key_.clear();
  rows_.clear();
  dead_letters_.clear();
  messages_ = 0;
  bytes_ = 0;
}

DeadLetter poison_letter(const Target& target, const TopicPartition& from, std::int64_t offset,
                         std::string_view message, std::string reason) {
  DeadLetter letter;
  letter.id = from.topic + "/" + std::to_string(from.partition) + "/" + std::to_string(offset);
  letter.dataset = target.dataset;
  letter.rule = "poison";
  letter.reason = printable_row("A message of topic '" + from.topic +
                           "' cannot become a row of table '" + target.table.name + "': " + reason);
  letter.row = printable_row(message);
  letter.stage = "loader";
  return letter;
}

}  // namespace sluice::loader
