#pragma once
// Follows the topic `files`, whatever instance writes it, and tells each dataset's watermark. It is behind by its own
// pause at most; a broker that is away makes it older, never wrong.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/model/event_time.h"
#include "common/ports/log.h"
#include "common/ports/watermarks.h"

namespace sluice {

class FileFollower final : public Watermarks {
 public:
  // Log and clock outlive this.
  FileFollower(Log& log, const Clock& clock, std::string files_topic);
  ~FileFollower() override;

  void start();  // does nothing where it runs
  void stop();

  std::optional<std::int64_t> of_ms(const std::string& dataset, std::int64_t idle_ms) const override;
  bool known() const override { return known_; }
  // One look at what is new; what start() has done in a thread, again and again. Throws as a reader does.
  void look();

 private:
  void follow(const std::stop_token& stop);

  Log& log_;
  const Clock& clock_;
  std::string topic_;
  std::unique_ptr<LogReader> reader_;             // the looking thread's
  std::map<std::int32_t, std::int64_t> next_;     // offsets, by partition; the looking thread's
  std::string told_;                              // the trouble that was logged last
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  FileProgress files_;  // under the mutex
  std::atomic<std::int64_t> looked_ms_ = 0;  // when all was read last
  std::atomic<bool> known_ = false;
  std::jthread thread_;
};

}  // namespace sluice
