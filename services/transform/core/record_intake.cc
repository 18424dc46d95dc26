#include "services/transform/core/record_intake.h"

#include <limits>

#include "common/base/json_text.h"
#include "common/base/partitioning.h"
#include "common/rows/row_reader.h"
#include "services/transform/core/family_keys.h"

namespace sluice::transform {
namespace {

using Poison = RecordIntake::Poison;

constexpr std::size_t kMaxQuotedKey = 100;

std::string quoted(std::string_view key) {
  std::string out;
  append_json_string(out, key.substr(0, kMaxQuotedKey));
  return out;
}

// A key column as it stands in a key: bare alone, as JSON in an array.
void append_key_part(std::string& out, const Cell& cell, bool alone) {
  if (const auto* text = std::get_if<std::string_view>(&cell)) {
    if (alone) {
      out.append(*text);
    } else {
      append_json_string(out, *text);
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    out.append(std::to_string(*number));
  } else if (const auto* yes = std::get_if<bool>(&cell)) {
    out.append(*yes ? "true" : "false");
  } else if (const auto* decimal = std::get_if<Decimal>(&cell)) {
    append_to(out, *decimal);
  } else if (is_null(cell)) {
    out.append("null");
  } else {
    const std::string time = std::holds_alternative<Date>(cell)
                                 ? to_string(std::get<Date>(cell))
                                 : to_string(std::get<Instant>(cell));
    if (alone) {
      out.append(time);
    } else {
      append_json_string(out, time);
    }
  }
}

}  // namespace

RecordIntake::RecordIntake(const Dataset& dataset, const Projection& projection,
                           std::int32_t partition)
    : dataset_(dataset), projection_(projection), partition_(partition), reader_(dataset) {}

std::optional<Poison> RecordIntake::read(const LogRecord& message) {
  record_ = {};
  origin_.reset();
  event_time_.reset();
  if (auto poison = read_identity(message)) return poison;
  record_.deleted = message.tombstone;
  if (message.tombstone) return std::nullopt;
  return read_content(message);
}

std::optional<Poison> RecordIntake::read_identity(const LogRecord& message) {
  if (!message.origin.empty()) {
    origin_ = parse_origin(message.origin);
    if (!origin_) {
      return Poison{"", "origin",
                    "the origin header " + quoted(message.origin) +
                        " is not <file id>:<entry>:<line>"};
    }
    record_.has_origin = true;
    record_.version.place = origin_->place;
    record_.version.entry = origin_->entry;
    record_.version.line = origin_->line;
  }
  if (message.key.empty()) return Poison{"", "key", "the message has no key"};
  const std::int32_t home = partition_of(message.key, dataset_.partitions);
  if (home != partition_) {
    return Poison{"", "partition",
                  "key " + quoted(message.key) + " belongs in partition " + std::to_string(home) +
                      ", the message is in " + std::to_string(partition_) +
                      "; its producer must partition by murmur2"};
  }
  return std::nullopt;
}

std::optional<Poison> RecordIntake::read_content(const LogRecord& message) {
  if (auto problem = reader_.read(message.value, cells_)) {
    return Poison{std::move(problem->column), std::move(problem->rule),
                  std::move(problem->reason)};
  }
  if (!key_matches(message.key)) {
    return Poison{"", "key",
                  "the message's key " + quoted(message.key) + " is not that of its value"};
  }
  content_.clear();
  kept_.clear();
  projection_.encode(cells_, content_, kept_);
  record_.content = hash_content(content_);
  record_.projection = kept_;
  if (dataset_.event_time) event_time_ = event_instant(cells_[*dataset_.event_time]);
  if (dataset_.version) {
    const Cell& version = cells_[*dataset_.version];
    if (const auto* number = std::get_if<std::int64_t>(&version)) {
      record_.field = *number;
    } else if (const auto moment = event_instant(version)) {
      record_.field = moment->micros;
    } else {
      record_.field = std::numeric_limits<std::int64_t>::min();  // null is older than any
    }
  }
  return std::nullopt;
}

bool RecordIntake::key_matches(std::string_view key) {
  const bool alone = dataset_.key.size() == 1;
  if (alone) {
    const auto* text = std::get_if<std::string_view>(&cells_[dataset_.key.front()]);
    if (text != nullptr) return *text == key;
  }
  key_.assign(alone ? "" : "[");
  for (const std::size_t column : dataset_.key) {
    if (key_.size() > 1) key_.push_back(',');
    append_key_part(key_, cells_[column], alone);
  }
  if (!alone) key_.push_back(']');
  return key_ == key;
}

DeadLetter dead_letter_of(const Dataset& dataset, const TopicPartition& from,
                          const LogRecord& message, const std::optional<Origin>& origin,
                          const RecordIntake::Poison& poison) {
  DeadLetter letter;
  letter.id = from.topic + "/" + std::to_string(from.partition) + "/" +
              std::to_string(message.offset);
  letter.dataset = dataset.name;
  if (origin) {
    letter.file = std::string(file_id_of(message.origin));
    letter.entry = origin->entry;
    letter.line = origin->line;
  }
  letter.column = printable_row(poison.column);
  letter.rule = poison.rule;
  letter.reason = printable_row(poison.reason);
  letter.row = printable_row(message.value);
  letter.stage = "transform";
  return letter;
}

}  // namespace sluice::transform
