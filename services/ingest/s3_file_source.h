#pragma once
// Objects of buckets as files. What becomes of one that was read (nothing, a move to archive/ or
// failed/, a tag, its removal) is done on a few threads of its own, after the receipt is committed:
// it costs some round trips an object, and nothing waits for it. What a crash or an outage leaves
// undone is done when the listing shows the object again.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/adapters/s3/client.h"
#include "common/config/settings.h"
#include "services/ingest/core/file_source.h"
#include "services/ingest/core/refused_tries.h"
#include "services/ingest/s3_reader.h"

namespace sluice::ingest {

struct S3SourceParts {
  s3::Client& client;
  // What is to become of an object; called from any thread.
  std::function<AfterReading(const std::string& bucket, const std::string& key)> after;
  // Told on any thread: what could not be done (yet).
  std::function<void(const std::string& message)> on_trouble = [](const std::string&) {};
  int threads = 8;
  std::chrono::milliseconds retry{2000};
  RefusedTries refused{};  // a move, a tag or a removal; then the object is left as it is
};

class S3FileSource final : public FileSource {
 public:
  explicit S3FileSource(S3SourceParts parts);
  ~S3FileSource() override;
  void start();
  // What is queued is left for the next start.
  void stop();

  std::optional<FileIdentity> identity(const Announcement& file) override;
  Result<std::unique_ptr<FileReader>> open(const Announcement& file,
                                           std::uint64_t from_byte) override;
  // Every read names the version.
  bool pins_bytes(const Announcement& /*file*/) const override { return true; }
  // Queued; an Error while the queue is full.
  Result<bool> archive(const Announcement& file) override;
  Result<bool> reject(const Announcement& file, std::string_view reason) override;

 private:
  struct Job {
    Announcement file;
    bool read = true;    // else it failed
    std::string reason;  // why
    int refused = 0;     // times
  };
  Result<bool> enqueue(Job job);
  void work();
  // nullopt: stopping.
  std::optional<Job> next_job();
  s3::Answer<bool> settle(const Job& job);
  s3::Answer<bool> move(const Job& job, const s3::Place& from);

  S3SourceParts parts_;
  SmallObjects small_;
  std::mutex mutex_;  // jobs_, later_
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::multimap<std::chrono::steady_clock::time_point, Job> later_;  // by when they are tried again
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::ingest
