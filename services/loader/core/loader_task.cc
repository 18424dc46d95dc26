#include "services/loader/core/loader_task.h"

#include <algorithm>

namespace sluice::loader {
namespace {

constexpr std::size_t kMostBytes = 16 << 20;
constexpr std::uint64_t kMostMessages = 50'000;
constexpr auto kLongestWait = std::chrono::milliseconds(200);
// How often a position that does not move is said to be good still.
constexpr auto kFirstConfirm = std::chrono::minutes(1);
constexpr auto kConfirmInterval = std::chrono::hours(1);

std::string name_of(const TopicPartition& partition) {
  return "topic '" + partition.topic + "', partition " + std::to_string(partition.partition);
}

}  // namespace

LoaderTask::LoaderTask(const Target& target, std::int32_t partition, Parts parts)
    : target_(target),
      partition_{target.topic, partition},
      parts_(parts),
      reader_(message_reader(target)),
      batch_(target, *reader_) {}

std::vector<Position> LoaderTask::start() {
  store_ = parts_.stores.open(target_);
  claim_ = store_->take_over(partition_);
  const auto reader = parts_.log.reader();
  const std::int64_t begin = reader->begin_offset(partition_);
  const std::int64_t end = reader->end_offset(partition_);
  if (claim_.next_offset > end) {
    throw Unsafe(
        "The database has loaded " + name_of(partition_) + " up to offset " +
        std::to_string(claim_.next_offset) + ", but the topic ends at " + std::to_string(end) +
        ": it was deleted, or Kafka was restored from an older backup than Postgres. Restore "
        "both to the same moment, or drop table " +
        target_.table.qualified() + " and start the loader again: it loads the table anew");
  }
  if (claim_.next_offset > 0 && claim_.next_offset < begin) {
    throw Unsafe("The database has loaded " + name_of(partition_) + " up to offset " +
                 std::to_string(claim_.next_offset) + ", but the topic begins at " +
                 std::to_string(begin) +
                 " now: messages between them were deleted before they were loaded. Have them "
                 "published again, drop table " +
                 target_.table.qualified() + " and start the loader again");
  }
  if (forgets_deletions()) check_nothing_was_missed(end);
  next_ = std::max(claim_.next_offset, begin);
  // A table that is loaded anew is no news.
  news_from_ = claim_.next_offset == 0 ? end : 0;
  confirm_not_before_ = parts_.clock.steady_now() + kFirstConfirm;
  return {{partition_, next_}};
}

// Of compacted topics: rows, and the ledger of files.
bool LoaderTask::forgets_deletions() const {
  return target_.kind == TargetKind::kRows || target_.kind == TargetKind::kFiles;
}

void LoaderTask::check_nothing_was_missed(std::int64_t end) const {
  if (claim_.next_offset == 0 || claim_.next_offset == end || claim_.age_ms <= kAwayAtMostMs) return;
  throw Unsafe("The database has not loaded " + name_of(partition_) + " for " +
               std::to_string(claim_.age_ms / 86'400'000) +
               " days; Kafka forgets after " + std::to_string(kDeletionsKeptMs / 86'400'000) +
               " days which rows were deleted, so rows may be left that are gone. Drop table " +
               target_.table.qualified() + " and start the loader again: it loads the table anew");
}

void LoaderTask::process(const TopicPartition& from, std::span<const LogRecord> records) {
  for (const LogRecord& record : records) {
    if (record.offset < next_) continue;
    if (batch_.empty()) oldest_ = parts_.clock.steady_now();
    batch_.add(from, record);
    next_ = record.offset + 1;
  }
}

bool LoaderTask::wants_commit(Clock::Steady now, bool input_idle) const {
  if (batch_.empty()) return input_idle && forgets_deletions() && now >= confirm_not_before_;
  return input_idle || batch_.bytes() >= kMostBytes || batch_.messages() >= kMostMessages ||
         now - oldest_ >= kLongestWait;
}

void LoaderTask::commit() {
  if (batch_.empty()) return confirm();
  const auto began = parts_.clock.steady_now();
  const Written written = store_->write(partition_, claim_, batch_, next_);
  claim_.next_offset = next_;
  const std::uint64_t messages = batch_.messages();
  tell_what_is_readable();
  batch_.clear();
  const std::chrono::duration<double> took = parts_.clock.steady_now() - began;
  parts_.events.committed(target_, messages, written, took.count());
}

void LoaderTask::tell_what_is_readable() const {
  if (batch_.first_offset() < news_from_) return;
  const std::int64_t now = parts_.clock.unix_ms();
  const auto seconds_since = [now](std::int64_t moment) {
    return static_cast<double>(std::max<std::int64_t>(now - moment, 0)) / 1000.0;
  };
  if (target_.kind == TargetKind::kRows) {
    parts_.events.rows_readable(target_, seconds_since(batch_.oldest_sent_ms()));
  }
  if (target_.kind != TargetKind::kFiles) return;
  for (const PendingRow& row : batch_.rows()) {
    if (!row.row) continue;
    const auto receipt = file_entry_from_json(row.message);
    if (!receipt || receipt->state != FileState::kDone) continue;
    parts_.events.receipt_readable(*receipt, seconds_since(receipt->file.found_ms));
  }
}

// Where the topic ends, if nothing but transactions' markers is left to be read.
std::optional<std::int64_t> LoaderTask::end_if_all_is_read() const {
  const auto reader = parts_.log.reader();
  const std::int64_t end = reader->end_offset(partition_);
  bool more = false;
  reader->read(partition_, next_, end, [&](const LogRecord&) { more = true; });
  if (more) return std::nullopt;
  return end;
}

// Nothing came for long: the position is as good as it was, and a restart long after must know that.
void LoaderTask::confirm() {
  const auto now = parts_.clock.steady_now();
  if (!forgets_deletions() || now < confirm_not_before_) return;
  confirm_not_before_ = now + kConfirmInterval;
  const auto end = end_if_all_is_read();
  if (!end) return;
  store_->write(partition_, claim_, batch_, *end);
  claim_.next_offset = next_ = *end;
}

std::vector<TaskKind> LoaderTasks::kinds() const {
  std::vector<TaskKind> out;
  for (const Target& target : targets_) {
    out.push_back({target.name, {target.topic}, target.partitions});
  }
  return out;
}

std::unique_ptr<Task> LoaderTasks::make(const TaskId& id) {
  const auto target = std::ranges::find(targets_, id.kind, &Target::name);
  if (target == targets_.end()) throw Unsafe("The loader has no task of kind '" + id.kind + "'");
  return std::make_unique<LoaderTask>(*target, id.partition, parts_);
}

}  // namespace sluice::loader
