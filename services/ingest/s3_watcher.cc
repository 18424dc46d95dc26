#include "services/ingest/s3_watcher.h"

#include <algorithm>
#include <tuple>

#include "common/model/file_events.h"

namespace sluice::ingest {
namespace {

// New objects that are handed over at once, in order of time and name.
constexpr std::size_t kBatch = 10'000;
// Events come in bursts; one listing serves them all.
constexpr std::chrono::milliseconds kBetweenListings{200};

std::uint64_t version_hash(const std::string& path, const FileIdentity& identity) {
  return std::hash<std::string>{}(path + '\n' + identity.version + '\n' +
                                  std::to_string(identity.bytes) + ' ' +
                                  std::to_string(identity.mtime_ns));
}

}  // namespace

S3Watcher::S3Watcher(S3WatcherParts parts) : parts_(std::move(parts)) {}
S3Watcher::~S3Watcher() { stop(); }

void S3Watcher::start() {
  thread_ = std::thread([this] { run(); });
}

void S3Watcher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::size_t S3Watcher::hint(const HintedObjects& objects) {
  const S3Targets targets = parts_.targets();
  const auto sources = static_cast<std::size_t>(std::ranges::count_if(
      objects, [&](const auto& o) { return targets.of(o.first, o.second) != nullptr; }));
  if (sources > 0 || objects.empty()) {
    {
      const std::lock_guard lock(mutex_);
      hinted_ = true;
    }
    wake_.notify_all();
  }
  return sources;
}

// False: stopping.
bool S3Watcher::wait(std::chrono::milliseconds at_least, std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  if (wake_.wait_for(lock, at_least, [this] { return stopping_; })) return false;
  wake_.wait_for(lock, at_most - std::min(at_least, at_most),
                 [this] { return stopping_ || hinted_; });
  hinted_ = false;
  return !stopping_;
}

void S3Watcher::run() {
  bool restored = false;
  do {
    const S3Targets targets = parts_.targets();
    restored = restored || (!targets.empty() && restore());
    if (!restored) continue;  // nobody wants an object, or the ledger cannot be read yet
    for (const auto& [bucket, prefix] : targets.listings()) list(targets, bucket, prefix);
  } while (wait(kBetweenListings, parts_.poll));
}

bool S3Watcher::restore() {
  in_ledger_.clear();
  try {
    const auto reader = parts_.log.reader();
    for (std::int32_t shard = 0; shard < parts_.shards; ++shard) {
      const TopicPartition files{parts_.topics.files(), shard};
      reader->read(files, 0, reader->end_offset(files), [&](const LogRecord& message) {
        if (message.tombstone) return;
        const auto entry = file_entry_from_json(message.value);
        if (!entry || entry->file.source != "s3") return;
        in_ledger_[version_hash(entry->file.path, identity_of(entry->file))] = {
            entry->state != FileState::kFailed,
            entry->is_final() || (entry->fully_read && entry->entries == 0), entry->file.refused};
      });
    }
    return true;
  } catch (const TaskBroken& broken) {
    parts_.on_trouble(broken.what());
    return false;
  }
}

void S3Watcher::list(const S3Targets& targets, const std::string& bucket,
                     const std::string& prefix) {
  Versions& before = seen_[bucket + "/" + prefix];
  Versions now;
  std::vector<Sighting> found;
  const auto page = [&](std::vector<s3::ObjectInfo> objects) {
    for (s3::ObjectInfo& object : objects) {
      const S3Target* target = targets.of(bucket, object.key);
      if (target == nullptr) continue;
      Sighting sighting;
      sighting.source = "s3";
      sighting.path = s3::path_of(bucket, object.key);
      sighting.identity = {object.bytes, object.mtime_ns, 0, std::move(object.etag)};
      if (target->dataset != nullptr) sighting.dataset = target->dataset->name;
      const std::uint64_t version = version_hash(sighting.path, sighting.identity);
      const Meaning meaning =
          before.contains(version) ? Meaning::kKnown : meaning_of(*target, sighting, version);
      if (meaning != Meaning::kLater) now.insert(version);
      if (meaning == Meaning::kNew) found.push_back(std::move(sighting));
    }
    if (found.size() >= kBatch) hand_over(found);
  };
  const auto listed = parts_.client.list(bucket, prefix, page);
  hand_over(found);
  if (listed) {
    before = std::move(now);
  } else {
    before.merge(now);  // the rest was not seen, which is no word about it
    parts_.on_trouble(listed.error().message);
  }
}

S3Watcher::Meaning S3Watcher::meaning_of(const S3Target& target, const Sighting& sighting,
                                         std::uint64_t version) const {
  const auto earlier = in_ledger_.find(version);
  if (earlier == in_ledger_.end()) return Meaning::kNew;
  if (target.after == AfterReading::kKeep || earlier->second.refused) return Meaning::kKnown;
  // It should not stand there any more: a crash came before its move, which the shard then does, or
  // someone put it back.
  if (target.after != AfterReading::kTag) return Meaning::kNew;
  if (!earlier->second.settled) return Meaning::kKnown;  // the shard tags it when it is
  Announcement file;
  file.source = sighting.source;
  file.path = sighting.path;
  file.version = sighting.identity.version;
  return parts_.settle_again(file, earlier->second.read) ? Meaning::kKnown : Meaning::kLater;
}

void S3Watcher::hand_over(std::vector<Sighting>& found) {
  if (found.empty()) return;
  std::ranges::sort(found, {}, [](const Sighting& s) {
    return std::tuple<std::int64_t, const std::string&>(s.identity.mtime_ns, s.path);
  });
  parts_.found(found);
  found.clear();
}

}  // namespace sluice::ingest
