#pragma once
// Lists buckets again and again and hands over the objects that are new or changed: the listing is
// the truth, an event only makes it come sooner. What the ledger knows is not read again after a
// restart, however much is left in the bucket.
//
// One thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/adapters/s3/client.h"
#include "common/model/topics.h"
#include "common/ports/log.h"
#include "services/ingest/core/discovery.h"
#include "services/ingest/core/s3_targets.h"

namespace sluice::ingest {

struct S3WatcherParts {
  s3::Client& client;
  Log& log;
  Topics topics;
  std::int32_t shards = 1;
  std::function<S3Targets()> targets{};
  // On the watcher's thread; may block.
  std::function<void(const std::vector<Sighting>&)> found{};
  // An object that was read (or failed) in an earlier life of this process and is to have its tag.
  // False: not now, it is asked for again.
  std::function<bool(const Announcement&, bool read)> settle_again{};
  std::function<void(const std::string& message)> on_trouble = [](const std::string&) {};
  std::chrono::milliseconds poll{5000};
};

class S3Watcher {
 public:
  explicit S3Watcher(S3WatcherParts parts);
  ~S3Watcher();
  void start();
  void stop();  // returns soon once the client was stopped
  // Any thread. Returns how many of the objects are sources; if any is, or none is named, the next
  // listing comes at once.
  std::size_t hint(const HintedObjects& objects);

 private:
  using Versions = std::unordered_set<std::uint64_t>;
  struct Settled {
    bool read = false;     // else it failed
    bool settled = false;  // nothing more is read of it
    bool refused = false;  // because it may not be; of this version that was said
  };
  void run();
  bool restore();
  void list(const S3Targets& targets, const std::string& bucket, const std::string& prefix);
  enum class Meaning { kNew, kKnown, kLater };
  Meaning meaning_of(const S3Target& target, const Sighting& sighting, std::uint64_t version) const;
  void hand_over(std::vector<Sighting>& found);
  bool wait(std::chrono::milliseconds at_least, std::chrono::milliseconds at_most);

  S3WatcherParts parts_;
  std::map<std::string, Versions> seen_;  // by listing: what stood there last time
  std::unordered_map<std::uint64_t, Settled> in_ledger_;  // of earlier lives
  std::mutex mutex_;                                      // hinted_, stopping_
  std::condition_variable wake_;
  bool hinted_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::ingest
