#include "services/loader/core/loader_task.h"

#include <algorithm>

namespace sluice::loader {
namespace {

constexpr std::size_t kMostBytes = 16 << 20;
constexpr std::uint64_t kMostMessages = 50'000;
constexpr auto kLongestWait = std::chrono::milliseconds(200);

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
  next_ = std::max(claim_.next_offset, begin);
  return {{partition_, next_}};
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
  if (batch_.empty()) return false;
  return input_idle || batch_.bytes() >= kMostBytes || batch_.messages() >= kMostMessages ||
         now - oldest_ >= kLongestWait;
}

void LoaderTask::commit() {
  if (batch_.empty()) return;
  const auto began = parts_.clock.steady_now();
  const Written written = store_->write(partition_, claim_, batch_, next_);
  claim_.next_offset = next_;
  const std::uint64_t messages = batch_.messages();
  batch_.clear();
  const std::chrono::duration<double> took = parts_.clock.steady_now() - began;
  parts_.events.committed(target_, messages, written, took.count());
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
