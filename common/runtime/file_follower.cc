#include "common/runtime/file_follower.h"

#include "common/base/error.h"
#include "common/telemetry/log.h"

namespace sluice {
namespace {

constexpr auto kPause = std::chrono::seconds(1);
constexpr auto kPauseAfterTrouble = std::chrono::seconds(5);

}  // namespace

FileFollower::FileFollower(Log& log, const Clock& clock, std::string files_topic)
    : log_(log), clock_(clock), topic_(std::move(files_topic)) {}

FileFollower::~FileFollower() { stop(); }

void FileFollower::start() {
  if (thread_.joinable()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { follow(stop); });
}

void FileFollower::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void FileFollower::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::chrono::milliseconds pause = kPause;
    try {
      look();
      told_.clear();
    } catch (const std::exception& error) {
      // Watermarks stand still meanwhile, and so windows stay open: nothing is wrong, only late.
      reader_.reset();
      pause = kPauseAfterTrouble;
      if (told_ != error.what()) log::warning("files cannot be followed now", {{"reason", error.what()}});
      told_ = error.what();
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, pause, [] { return false; });
  }
}

void FileFollower::look() {
  if (!reader_) reader_ = log_.reader();
  const std::int32_t partitions = log_.partition_count(topic_);
  for (std::int32_t p = 0; p < partitions; ++p) {
    const TopicPartition partition{topic_, p};
    std::int64_t& next = next_[p];
    // An open transaction is not waited for: the next look has it.
    const std::int64_t end = reader_->stable_offset(partition);
    if (next >= end) continue;
    // The lock is taken for each: whoever asks meanwhile is not to wait for a broker.
    reader_->read(partition, next, end, [this](const LogRecord& record) {
      // A null value is a file that was forgotten; what is no entry is not ours, and the loader tells of it.
      if (record.tombstone) return;
      const auto entry = file_entry_from_json(record.value);
      if (!entry) return;
      const std::lock_guard lock(mutex_);
      files_.take(*entry);
    });
    next = end;
  }
  looked_ms_ = clock_.unix_ms();
  known_ = true;
}

std::optional<std::int64_t> FileFollower::of_ms(const std::string& dataset, std::int64_t idle_ms) const {
  if (!known_) return std::nullopt;  // of some partitions only, an idle source would look idle that is not
  const std::lock_guard lock(mutex_);
  // Not by the clock beyond the last look: what came since may be waited for.
  return files_.watermark_ms(dataset, idle_ms, looked_ms_);
}

}  // namespace sluice
