#include "services/ingest/announcer.h"

#include "common/adapters/archive/entry_rules.h"
#include "common/adapters/archive/packing.h"
#include "common/adapters/archive/workbook.h"
#include "common/base/crash_point.h"
#include "common/base/error.h"
#include "common/base/json_text.h"
#include "common/model/origin.h"
#include "services/ingest/archive_listing.h"
#include "services/ingest/fingerprint.h"

namespace sluice::ingest {
namespace {

// Found files that wait for their fingerprint; then the watcher waits.
constexpr std::size_t kMostJobs = 10'000;

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

Announcement announcement_of(const Sighting& file, std::int64_t found_ms) {
  Announcement out;
  out.source = file.source;
  out.path = file.path;
  out.name = last_part(file.path);
  out.bytes = file.identity.bytes;
  out.mtime_ns = file.identity.mtime_ns;
  out.inode = file.identity.inode;
  out.version = file.identity.version;
  out.found_ms = found_ms;
  return out;
}

}  // namespace

Announcer::Announcer(AnnouncerParts parts) : parts_(std::move(parts)) {
  for (const auto& [source, threads] : parts_.threads) jobs_[source];
}
Announcer::~Announcer() { stop(); }

void Announcer::start() {
  for (const auto& [source, count] : parts_.threads) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, &source] { work(source); });
  }
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
    if (!place(file)) return;  // stopping; found again at the next start
    std::unique_lock lock(mutex_);
    const auto& jobs = jobs_.at(file.source);
    wake_.wait(lock, [&] { return stopping_ || jobs.size() < kMostJobs; });
  }
} catch (const std::exception& error) {
  parts_.on_fatal(error.what());
}

bool Announcer::place(const Sighting& file) {
  const std::lock_guard placing(placing_);
  const Announcement seen = announcement_of(file, parts_.clock.unix_ms());
  const auto place = send(discoveries_, parts_.topics.discoveries(), 0, seen.path, to_json(seen));
  if (!place) return false;
  const std::lock_guard lock(mutex_);
  const auto number = static_cast<std::uint64_t>(*place);
  in_flight_.emplace(number, file.identity.bytes);
  jobs_.at(file.source).next.push_back({number, file, seen.found_ms});
  wake_.notify_all();
  return true;
}

void Announcer::work(const std::string& source) {
  try {
    examine_jobs(jobs_.at(source));
  } catch (const std::exception& error) {
    parts_.on_fatal(error.what());
  }
}

void Announcer::examine_jobs(Jobs& jobs) {
  while (auto job = next_job(jobs)) {
    try {
      auto announcement = examine(*job);
      if (stopping_) return;
      finish(*job, std::move(announcement));
    } catch (const MemoryBusy&) {
      set_back(*std::move(job), jobs);
    } catch (const SourceAway& away) {
      parts_.on_trouble(away.what());
      set_back(*std::move(job), jobs);
    } catch (const AccessRefused& refused) {
      parts_.on_trouble(refused.what());
      try_later(*std::move(job), refused.what(), jobs);
    }
  }
}

std::optional<Announcer::Job> Announcer::next_job(Jobs& jobs) {
  std::unique_lock lock(mutex_);
  const auto due = [&] {
    return !jobs.later.empty() && jobs.later.begin()->first <= parts_.clock.steady_now();
  };
  while (!stopping_ && jobs.next.empty() && !due()) {
    if (jobs.later.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_for(lock, jobs.later.begin()->first - parts_.clock.steady_now());
    }
  }
  if (stopping_) return std::nullopt;
  Job job;
  if (due()) {
    job = std::move(jobs.later.begin()->second);
    jobs.later.erase(jobs.later.begin());
  } else {
    job = std::move(jobs.next.front());
    jobs.next.pop_front();
  }
  in_flight_.emplace(job.place, job.file.identity.bytes);
  if (jobs.size() == kMostJobs - 1) wake_.notify_all();
  return job;
}

// Behind the others of its source, and nothing of another source waits for it meanwhile.
void Announcer::set_back(Job job, Jobs& jobs) {
  finish(job, std::nullopt);
  std::unique_lock lock(mutex_);
  jobs.next.push_back(std::move(job));
  wake_.wait_for(lock, parts_.retry, [this] { return stopping_.load(); });
}

// Nothing waits for it meanwhile, and no thread. What was refused often enough is announced as it is.
void Announcer::try_later(Job job, const std::string& why, Jobs& jobs) {
  const auto pause = parts_.refused.pause_after(++job.refused);
  std::optional<Announcement> given_up;
  if (!pause) {
    given_up = announcement_of(job.file, job.found_ms);
    given_up->dataset = job.file.dataset.empty() ? parts_.dataset_of(given_up->name).value_or("")
                                                 : job.file.dataset;
    given_up->error = refused_for_good(why, job.refused);
    given_up->refused = true;
    given_up->id = file_id(job.place, given_up->sha256);
  }
  finish(job, std::move(given_up));
  if (!pause) return;
  const std::lock_guard lock(mutex_);
  jobs.later.emplace(parts_.clock.steady_now() + *pause, std::move(job));
  wake_.notify_all();
}

std::optional<Announcement> Announcer::examine(const Job& job) const {
  Announcement out = announcement_of(job.file, job.found_ms);
  if (job.file.kind != FileKind::kRegular) {
    out.error = refusal(job.file.kind);
  } else if (!is_valid_utf8(out.path)) {
    // JSON carries UTF-8 only: such a name could not be found again by what the announcement says.
    out.error = "The file's name is not UTF-8; it stays where it is until it is renamed.";
  } else if (!examine_content(job, out)) {
    return std::nullopt;
  }
  const bool read_as_found = out.error.empty() && parts_.files.pins_bytes(out);
  if (!read_as_found && parts_.files.identity(out) != job.file.identity) return std::nullopt;
  out.id = file_id(job.place, out.sha256);
  return out;
}

bool Announcer::examine_content(const Job& job, Announcement& out) const {
  const auto dataset = job.file.dataset.empty() ? parts_.dataset_of(out.name)
                                                : Result<std::string>(job.file.dataset);
  if (dataset) out.dataset = *dataset;
  // What its bytes are says more than that nobody takes its name.
  if (!dataset && !archive::is_archive_name(out.name) && !archive::is_workbook_name(out.name)) {
    out.error = dataset.error().message;
    return true;
  }
  auto reader = parts_.files.open(out, 0);
  auto content = reader ? archive::packed_as(*std::move(reader)) : tl::unexpected(reader.error());
  const auto keep_going = [this] { return !stopping_.load(); };
  Fingerprint print;
  if (!content) {
    print.error = content.error().message;
  } else if (archive::holds_files(content->packing)) {
    if (!job.file.declared) out.dataset.clear();
    // What its own name does not settle goes with the archive's.
    const DatasetOf dataset_of = [&](const std::string& name) {
      auto own = parts_.dataset_of(name);
      return own || !dataset ? own : dataset;
    };
    auto listing =
        list_archive(std::move(content->bytes), out, dataset_of, parts_.definition_of, keep_going);
    print = std::move(listing.print);
    out.entries = std::move(listing.entries);
    // A zip by another name is one only where a definition takes it.
    if (!dataset && !archive::is_archive_name(out.name) && print.error.empty()) {
      out.entries.clear();
      print.sha256.clear();
      print.error = dataset.error().message;
    }
  } else if (!dataset) {
    print.error = dataset.error().message;
  } else {
    const auto definition = parts_.definition_of(out.dataset);
    print = fingerprint(*content->bytes, definition.get(), keep_going);
    if (definition != nullptr) out.path_values = joined_path_values(*definition, out.path);
  }
  out.sha256 = print.sha256;
  out.error = print.error;
  if (print.bytes != out.bytes) out.content_bytes = print.bytes;
  return !print.stopped;
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
    parts_.before_announce(file);
    if (!send_announcement(file)) return;  // stopping; found again at the next start
  }
}

void Announcer::announce_again(const Announcement& file) try {
  const std::lock_guard sending(sending_);
  send_announcement(file);
} catch (const std::exception& error) {
  parts_.on_fatal(error.what());
}

bool Announcer::send_announcement(const Announcement& file) {
  crash_point("ingest.before-announce");
  const auto sent = send(announcements_, parts_.topics.announcements(),
                         shard_of(file.id, parts_.shards), file.id, to_json(file));
  if (!sent) return false;
  crash_point("ingest.after-announce");
  parts_.on_announced(file);
  return true;
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
