#pragma once
// From a complete file to its shard: gives each discovered file its place (the offset of a message
// in the one partition of `discoveries`), fingerprints it on a few threads, and announces it to the
// shard that owns its bytes, an archive with a list of its files. While Kafka is away it waits and
// tries again; nothing found is forgotten.
//
// Fingerprints may finish in any order. Only files of equal size can be copies of each other, so an
// announcement waits for earlier places of the same size: the first copy is the one that is read.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/model/file_events.h"
#include "common/model/topics.h"
#include "common/ports/log.h"
#include "services/ingest/core/discovery.h"
#include "services/ingest/core/file_source.h"
#include "services/ingest/core/refused_tries.h"
#include "services/ingest/dataset_choice.h"

namespace sluice::ingest {

struct AnnouncerParts {
  Log& log;
  const Clock& clock;
  Topics topics;
  FileSource& files;
  std::int32_t shards = 1;
  // How many of a source's files are fingerprinted at once: more where a network's round trips are
  // what takes the time.
  std::map<std::string, int> threads = {{"folder", 2}};
  DatasetOf dataset_of{};
  DefinitionOf definition_of = [](const std::string&) { return nullptr; };
  // Called from several threads. The first right before the announcement is sent: what it makes
  // durable is known to be so for every file that was announced.
  std::function<void(const Announcement&)> before_announce = [](const Announcement&) {};
  std::function<void(const Announcement&)> on_announced = [](const Announcement&) {};
  std::function<void(const std::string& message)> on_trouble = [](const std::string&) {};
  // What cannot be survived; the announcer does nothing more.
  std::function<void(const std::string& message)> on_fatal = [](const std::string&) {};
  std::chrono::milliseconds retry{500};
  RefusedTries refused{};  // then it is announced as one that cannot be read
};

class Announcer {
 public:
  explicit Announcer(AnnouncerParts parts);
  ~Announcer();
  void start();
  void stop();
  // The watchers' threads. Returns when each file has its place, or on stop(); waits while too many of
  // its source are still to be fingerprinted.
  void found(const std::vector<Sighting>& files);
  // What before_announce was told and a crash may have kept from being sent. Returns when it is, or
  // on stop(). The shard takes no announcement twice.
  void announce_again(const Announcement& file);

 private:
  struct Job {
    std::uint64_t place = 0;
    Sighting file;
    std::int64_t found_ms = 0;
    int refused = 0;  // times that it might not be read
  };
  // Of one source: those that wait for their turn, and those that were refused and wait for their time.
  struct Jobs {
    std::deque<Job> next;
    std::multimap<Clock::Steady, Job> later;
    std::size_t size() const { return next.size() + later.size(); }
  };
  void work(const std::string& source);
  // False: stopping.
  bool place(const Sighting& file);
  void examine_jobs(Jobs& jobs);
  // nullopt: stopping.
  std::optional<Job> next_job(Jobs& jobs);
  void set_back(Job job, Jobs& jobs);
  void try_later(Job job, const std::string& why, Jobs& jobs);
  // nullopt: it is not what was found any more, and will be found again.
  std::optional<Announcement> examine(const Job& job) const;
  // False: stopping.
  bool examine_content(const Job& job, Announcement& out) const;
  void finish(const Job& job, std::optional<Announcement> announcement);
  bool send_announcement(const Announcement& file);
  std::optional<std::int64_t> send(std::unique_ptr<PlainProducer>& producer,
                                   const std::string& topic, std::int32_t partition,
                                   std::string_view key, std::string_view value);

  AnnouncerParts parts_;
  std::mutex placing_;  // discoveries_; places go in_flight_ in their order
  std::unique_ptr<PlainProducer> discoveries_;
  std::mutex mutex_;  // jobs_, in_flight_, ready_
  std::condition_variable wake_;
  std::map<std::string, Jobs> jobs_;                  // by source; only its lists change
  std::map<std::uint64_t, std::uint64_t> in_flight_;  // place -> bytes
  std::map<std::uint64_t, Announcement> ready_;       // by place
  std::mutex sending_;                                // announcements_
  std::unique_ptr<PlainProducer> announcements_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::ingest
