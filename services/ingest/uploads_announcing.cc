// Uploads that stand in the spool: announced, and swept away when nobody asks for them any more.
#include <algorithm>
#include <utility>

#include "services/ingest/core/retry_lines.h"
#include "services/ingest/uploads.h"

namespace sluice::ingest {
namespace {

constexpr std::int64_t kUnkeyedHolds_ms = 60LL * 1000;
constexpr std::size_t kMaxRecent = 10'000;

bool is_spooled(std::string_view source) { return source == "upload" || source == kRetrySource; }

std::string upload_of(const Announcement& file) { return file.path.substr(0, file.path.find('/')); }

std::string path_in_upload(const Announcement& file) {
  return file.path.substr(file.path.find('/') + 1);
}

}  // namespace

std::shared_ptr<Uploads::Pending> Uploads::announce(Upload upload, FileDescriptor lock) {
  const std::lock_guard guard(mutex_);
  const std::string name = upload.name;
  auto pending = std::make_shared<Pending>(Pending{std::move(upload), std::move(lock), {}});
  for (const UploadedFile& file : pending->upload.files) pending->left.insert(file.path);
  if (queue_.empty()) queued_since_ = parts_.clock.steady_now();
  pending_.emplace(name, pending);
  queue_.push_back(name);
  changed_.notify_all();
  return pending;
}

void Uploads::before_announce(const Announcement& file) {
  if (!is_spooled(file.source)) return;
  Upload upload;
  {
    const std::lock_guard lock(mutex_);
    const auto found = pending_.find(upload_of(file));
    if (found == pending_.end()) return;
    for (UploadedFile& one : found->second->upload.files) {
      if (one.path == path_in_upload(file)) one.announcement = file;
    }
    upload = found->second->upload;
  }
  if (const auto updated = spool_.update(upload); !updated) {
    parts_.on_trouble(updated.error().message);
  }
}

void Uploads::announced(const Announcement& file) {
  if (!is_spooled(file.source)) return;
  Announcement known = file;
  known.entries.clear();
  const std::lock_guard lock(mutex_);
  if (recent_.emplace(file.id, std::move(known)).second) recent_order_.push_back(file.id);
  if (recent_order_.size() > kMaxRecent) {
    recent_.erase(recent_order_.front());
    recent_order_.pop_front();
  }
  settle(upload_of(file), path_in_upload(file));
}

// With the mutex held.
void Uploads::settle(const std::string& name, const std::string& path) {
  const auto found = pending_.find(name);
  if (found == pending_.end()) return;
  found->second->left.erase(path);
  if (!found->second->left.empty()) return;
  pending_.erase(found);
  changed_.notify_all();
}

void Uploads::run() {
  auto next_sweep = std::chrono::steady_clock::time_point::min();
  for (;;) {
    std::string name;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, std::max(next_sweep, std::chrono::steady_clock::now()),
                          [this] { return !running_ || !queue_.empty(); });
      if (!running_) return;
      if (!queue_.empty()) name = queue_.front();
    }
    if (name.empty()) {
      sweep();
      next_sweep = std::chrono::steady_clock::now() + parts_.sweep_every;
      continue;
    }
    Upload upload;
    {
      const std::lock_guard lock(mutex_);
      upload = pending_.at(name)->upload;
    }
    announce_files(upload);
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
    queued_since_ = parts_.clock.steady_now();
  }
}

void Uploads::announce_files(const Upload& upload) {
  for (const UploadedFile& file : upload.files) {
    if (file.announcement) {
      parts_.announce_again(*file.announcement);
    } else if (const auto seen = spool_.file_of(upload, file)) {
      parts_.found({*seen});
    } else {
      parts_.on_trouble(upload.name + "/" + file.path + " was taken away before it was read");
      const std::lock_guard lock(mutex_);
      settle(upload.name, file.path);
    }
  }
}

// Uploads whose process died before they were announced, and those that nobody asks for any more.
void Uploads::sweep() {
  spool_.remove_debris();
  for (const std::string& name : spool_.names()) take_up(name);
}

void Uploads::take_up(const std::string& name) {
  auto upload = spool_.find(name);
  auto lock = spool_.lock(name);
  if (!upload || !lock) return;
  upload = spool_.find(name);  // as its last owner left it
  if (!upload) return;
  const bool moved_away = std::ranges::all_of(
      upload->files, [&](const auto& file) { return spool_.is_moved_away(*upload, file); });
  if (moved_away && upload->announced()) {
    const bool keyed = name.starts_with("key-");
    const std::int64_t age = parts_.clock.unix_ms() - upload->received_ms;
    if (age > (keyed ? kKeyHolds_ms : kUnkeyedHolds_ms)) spool_.remove(name);
    return;
  }
  // Announced long ago, and waiting for its turn: only a restart can have kept the move from it.
  {
    const std::lock_guard guard(mutex_);
    const bool all_known = std::ranges::all_of(upload->files, [&](const auto& file) {
      return file.announcement && recent_.contains(file.announcement->id);
    });
    if (all_known || pending_.contains(name)) return;
  }
  announce(std::move(*upload), std::move(*lock));
}

}  // namespace sluice::ingest
