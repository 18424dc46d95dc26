#include "services/ingest/s3_file_source.h"

#include "common/base/crash_point.h"
#include "services/ingest/core/s3_targets.h"

namespace sluice::ingest {
namespace {

constexpr std::size_t kMostJobs = 10'000;
constexpr const char* kTag = "sluice";

// in/name.csv -> in/name.17-9f86d081884c.csv
std::string with_id(const std::string& key, const std::string& id) {
  const std::size_t name = key.rfind('/') + 1;
  const std::size_t dot = key.rfind('.');
  const std::size_t at = dot == std::string::npos || dot <= name ? key.size() : dot;
  return key.substr(0, at) + "." + id + key.substr(at);
}

}  // namespace

S3FileSource::S3FileSource(S3SourceParts parts) : parts_(std::move(parts)) {}
S3FileSource::~S3FileSource() { stop(); }

void S3FileSource::start() {
  for (int i = 0; i < parts_.threads; ++i) threads_.emplace_back([this] { work(); });
}

void S3FileSource::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::optional<FileIdentity> S3FileSource::identity(const Announcement& file) {
  const auto place = s3::place_of(file.path);
  if (!place) return std::nullopt;
  const auto now = parts_.client.head(place->bucket, place->key);
  if (!now) {
    if (now.error().kind == s3::FailureKind::kAway) throw SourceAway(now.error().message);
    if (now.error().kind == s3::FailureKind::kDenied) throw AccessRefused(now.error().message);
    return std::nullopt;
  }
  FileIdentity out = identity_of(file);  // the time is known to the second only here
  out.bytes = now->bytes;
  out.version = now->etag;
  return out;
}

Result<std::unique_ptr<FileReader>> S3FileSource::open(const Announcement& file,
                                                       std::uint64_t from_byte) {
  if (!s3::place_of(file.path)) return fail("\"" + file.path + "\" is no s3://bucket/key.");
  return read_object(parts_.client, small_, file, from_byte);
}

Result<bool> S3FileSource::archive(const Announcement& file) {
  return enqueue({file, true, {}});
}

Result<bool> S3FileSource::reject(const Announcement& file, std::string_view reason) {
  return enqueue({file, false, std::string(reason)});
}

Result<bool> S3FileSource::enqueue(Job job) {
  const std::lock_guard lock(mutex_);
  if (jobs_.size() + later_.size() >= kMostJobs) return fail("too many objects wait to be moved");
  jobs_.push_back(std::move(job));
  wake_.notify_one();
  return true;
}

std::optional<S3FileSource::Job> S3FileSource::next_job() {
  std::unique_lock lock(mutex_);
  const auto due = [this] {
    return !later_.empty() && later_.begin()->first <= std::chrono::steady_clock::now();
  };
  while (!stopping_ && jobs_.empty() && !due()) {
    if (later_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, later_.begin()->first);
    }
  }
  if (stopping_) return std::nullopt;
  if (due()) return std::move(later_.extract(later_.begin()).mapped());
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

void S3FileSource::work() {
  while (auto next = next_job()) {
    Job& job = *next;
    const auto settled = settle(job);
    if (settled || settled.error().kind == s3::FailureKind::kGone ||
        settled.error().kind == s3::FailureKind::kChanged) {
      continue;  // gone or replaced: what stands there now is found for itself
    }
    parts_.on_trouble(settled.error().message);
    if (settled.error().kind == s3::FailureKind::kRefused) continue;
    auto pause = std::optional(parts_.retry);
    if (settled.error().kind == s3::FailureKind::kDenied) pause = parts_.refused.pause_after(++job.refused);
    if (!pause) {
      parts_.on_trouble(job.file.path + " is left as it is: what was to become of it was refused " +
                        std::to_string(job.refused) + " times");
      continue;
    }
    const std::lock_guard lock(mutex_);
    later_.emplace(std::chrono::steady_clock::now() + *pause, std::move(job));
    wake_.notify_one();
  }
}

s3::Answer<bool> S3FileSource::settle(const Job& job) {
  const auto place = s3::place_of(job.file.path);
  if (!place) return true;
  switch (parts_.after(place->bucket, place->key)) {
    case AfterReading::kKeep:
      return true;
    case AfterReading::kTag:
      return parts_.client.tag(place->bucket, place->key, kTag, job.read ? "done" : "failed");
    case AfterReading::kDelete:
      // What could not be read is nowhere else.
      return job.read ? parts_.client.remove(place->bucket, place->key, job.file.version)
                      : move(job, *place);
    case AfterReading::kMove:
      return move(job, *place);
  }
  return true;
}

s3::Answer<bool> S3FileSource::move(const Job& job, const s3::Place& from) {
  s3::Client& client = parts_.client;
  std::string to = std::string(job.read ? kArchivePrefix : kFailedPrefix) + from.key;
  const auto there = client.head(from.bucket, to);
  if (!there && there.error().kind != s3::FailureKind::kGone) return tl::unexpected(there.error());
  // The same bytes there are our own copy, made before a crash; others are not overwritten.
  const bool same = there && there->etag == job.file.version && there->bytes == job.file.bytes;
  if (there && !same) to = with_id(to, job.file.id);
  if (!job.reason.empty()) {
    const auto put = client.put(from.bucket, to + ".reason.txt", job.reason + "\n");
    if (!put) return put;
  }
  if (!same) {
    const auto copied = client.copy(from.bucket, from.key, job.file.version, job.file.bytes, to);
    if (!copied) return copied;
  }
  crash_point("ingest.s3-copied");
  return client.remove(from.bucket, from.key, job.file.version);
}

}  // namespace sluice::ingest
