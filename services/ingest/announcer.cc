#include "services/ingest/announcer.h"

#include "common/base/crash_point.h"
#include "common/base/error.h"
#include "common/base/json_text.h"
#include "common/model/origin.h"
#include "services/ingest/disk_file_source.h"
#include "services/ingest/fingerprint.h"

namespace sluice::ingest {
namespace {

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

const char* refusal(FileKind kind) {
  switch (kind) {
    case FileKind::kDirectory:
      return "This is a folder with the name of a data file.";
    case FileKind::kSymlink:
      return "This is a symbolic link; links are not followed.";
    default:
      return "This is not a file that can be read (a FIFO, a socket or a device).";
  }
}

}  // namespace

Announcer::Announcer(AnnouncerParts parts) : parts_(std::move(parts)) {}
Announcer::~Announcer() { stop(); }

void Announcer::start() {
  for (int i = 0; i < std::max(parts_.threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

void Announcer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Announcer::found(const std::vector<Sighting>& files) try {
  for (const Sighting& file : files) {
    Announcement seen;
    seen.source = "folder";
    seen.path = file.path;
    seen.name = last_part(file.path);
    seen.bytes = file.identity.bytes;
    seen.mtime_ns = file.identity.mtime_ns;
    seen.inode = file.identity.inode;
    seen.found_ms = parts_.clock.unix_ms();
    const auto place = send(discoveries_, parts_.topics.discoveries(), 0, seen.path, to_json(seen));
    if (!place) return;  // stopping; found again at the next start
    const std::lock_guard lock(mutex_);
    const auto number = static_cast<std::uint64_t>(*place);
    in_flight_.emplace(number, file.identity.bytes);
    jobs_.push_back({number, file, seen.found_ms});
    wake_.notify_one();
  }
} catch (const std::exception& error) {
  parts_.on_fatal(error.what());
}

void Announcer::work() {
  try {
    examine_jobs();
  } catch (const std::exception& error) {
    parts_.on_fatal(error.what());
  }
}

void Announcer::examine_jobs() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    finish(job, examine(job));
  }
}

std::optional<Announcement> Announcer::examine(const Job& job) const {
  Announcement out;
  out.source = "folder";
  out.path = job.file.path;
  out.name = last_part(job.file.path);
  out.bytes = job.file.identity.bytes;
  out.mtime_ns = job.file.identity.mtime_ns;
  out.inode = job.file.identity.inode;
  out.found_ms = job.found_ms;
  const std::string absolute = parts_.folder + "/" + out.path;
  const auto dataset = parts_.dataset_of(out.name);
  if (dataset) out.dataset = *dataset;
  if (job.file.kind != FileKind::kRegular) {
    out.error = refusal(job.file.kind);
  } else if (!is_valid_utf8(out.path)) {
    // JSON carries UTF-8 only: such a name could not be found again by what the announcement says.
    out.error = "The file's name is not UTF-8; it stays where it is until it is renamed.";
  } else if (!dataset) {
    out.error = dataset.error().message;
  } else {
    const Fingerprint print = fingerprint(absolute, [this] { return !stopping_.load(); });
    if (print.stopped) return std::nullopt;
    out.sha256 = print.sha256;
    out.error = print.error;
    if (print.error.empty() && print.bytes != out.bytes) return std::nullopt;
  }
  const auto now = look_at(absolute, out.path);
  if (!now || now->identity != job.file.identity) return std::nullopt;
  out.id = file_id(job.place, out.sha256);
  return out;
}

void Announcer::finish(const Job& job, std::optional<Announcement> announcement) {
  const std::lock_guard sending(sending_);  // announcements leave in the order decided here
  std::vector<Announcement> now;
  {
    const std::lock_guard lock(mutex_);
    in_flight_.erase(job.place);
    if (announcement) ready_.emplace(job.place, std::move(*announcement));
    std::erase_if(ready_, [&](auto& item) {
      for (const auto& [place, bytes] : in_flight_) {
        if (place >= item.first) break;
        if (bytes == item.second.bytes) return false;
      }
      now.push_back(std::move(item.second));
      return true;
    });
  }
  for (const Announcement& file : now) {
    crash_point("ingest.before-announce");
    const auto sent = send(announcements_, parts_.topics.announcements(),
                           shard_of(file.id, parts_.shards), file.id, to_json(file));
    if (!sent) return;  // stopping; found again at the next start
    crash_point("ingest.after-announce");
    parts_.on_announced(file);
  }
}

std::optional<std::int64_t> Announcer::send(std::unique_ptr<PlainProducer>& producer,
                                            const std::string& topic, std::int32_t partition,
                                            std::string_view key, std::string_view value) {
  while (!stopping_) {
    try {
      if (producer == nullptr) producer = parts_.log.plain_producer();
      OutgoingRecord record;
      record.key = key;
      record.value = value;
      return producer->send(topic, partition, record);
    } catch (const TaskBroken& broken) {
      producer.reset();
      parts_.on_trouble(broken.what());
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, parts_.retry, [this] { return stopping_.load(); });
    }
  }
  return std::nullopt;
}

}  // namespace sluice::ingest
