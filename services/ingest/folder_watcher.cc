#include "services/ingest/folder_watcher.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>

#include "services/ingest/disk_file_source.h"

namespace sluice::ingest {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO |
                                  IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW |
                                  IN_EXCL_UNLINK;

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Writer writer_of(const std::string& absolute) {
  const FileDescriptor file(
      ::open(absolute.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return Writer::kCannotTell;
  if (::fcntl(file.get(), F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(file.get(), F_SETLEASE, F_UNLCK);
    return Writer::kNo;
  }
  return errno == EAGAIN ? Writer::kYes : Writer::kCannotTell;
}

FolderWatcher::FolderWatcher(WatcherSettings settings, const Clock& clock,
                             std::function<void(const std::vector<Sighting>&)> found)
    : settings_(std::move(settings)),
      clock_(clock),
      found_(std::move(found)),
      discovery_(settings_.discovery),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // A writer that opens a file in the instant we hold its lease makes the kernel send this; its
  // default would end the process.
  ::signal(SIGIO, SIG_IGN);
}

FolderWatcher::~FolderWatcher() { stop(); }

void FolderWatcher::start() {
  // Without inotify (a container's limit is reached) the scans alone find every file, later.
  inotify_ = FileDescriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  thread_ = std::thread([this] { run(); });
}

void FolderWatcher::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
}

std::string FolderWatcher::absolute(const std::string& relative) const {
  return relative.empty() ? settings_.folder : settings_.folder + "/" + relative;
}

void FolderWatcher::run() {
  while (!stopping_) {
    if (clock_.steady_now() >= next_scan_) {
      scan();
      // What brought a file in before the scan saw it is no news afterwards.
      if (inotify_) read_events();
    }
    look_at_due();
    Clock::Steady until = next_scan_;
    if (const auto due = discovery_.next_due()) until = std::min(until, *due);
    const auto wait =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - clock_.steady_now()).count() +
        1;
    pollfd ready[2] = {{wake_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}};
    ::poll(ready, inotify_ ? 2 : 1, static_cast<int>(std::clamp<std::int64_t>(wait, 0, 1000)));
    if (inotify_) read_events();
  }
}

void FolderWatcher::read_events() {
  alignas(inotify_event) char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(inotify_.get(), buffer, sizeof buffer);
    if (got <= 0) return;
    for (const char* at = buffer; at < buffer + got;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        discovery_.forget_events();
        next_scan_ = Clock::Steady{};
        continue;
      }
      const auto folder = watched_.find(event.wd);
      if (folder == watched_.end()) continue;
      if ((event.mask & IN_IGNORED) != 0) {
        watched_.erase(folder);
      } else if (event.len > 0) {
        handle(std::string(folder->second), event.mask, name);
      }
    }
  }
}

void FolderWatcher::handle(const std::string& folder, std::uint32_t mask, const std::string& name) {
  const std::string path = joined(folder, name);
  if ((mask & IN_ISDIR) != 0) {
    // What was put into a new folder before it was watched is found by a scan.
    if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0) next_scan_ = Clock::Steady{};
    return;
  }
  if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
    discovery_.gone(path);
  } else if ((mask & IN_MOVED_TO) != 0) {
    discovery_.moved_in(path, clock_.steady_now());
  } else if ((mask & IN_CLOSE_WRITE) != 0) {
    discovery_.closed(path, clock_.steady_now());
  } else {
    discovery_.being_written(path);
    // A link, a FIFO or a socket is created and never closed.
    if ((mask & IN_CREATE) != 0) {
      const auto seen = look_at(absolute(path), path);
      if (seen && seen->kind != FileKind::kRegular) discovery_.closed(path, clock_.steady_now());
    }
  }
}

void FolderWatcher::watch(const std::string& relative) {
  if (!inotify_) return;
  const int descriptor = ::inotify_add_watch(inotify_.get(), absolute(relative).c_str(), kEvents);
  if (descriptor >= 0) watched_[descriptor] = relative;
}

void FolderWatcher::walk(const std::string& relative, std::vector<Sighting>& seen) {
  watch(relative);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(absolute(relative).c_str()),
                                                   ::closedir);
  if (folder == nullptr) return;
  std::vector<std::string> below;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string path = joined(relative, name);
    const auto found = look_at(absolute(path), path);
    if (!found) continue;
    if (found->kind == FileKind::kDirectory && !settings_.refuses_folder(name)) {
      if (!is_temporary_name(path)) below.push_back(path);
    } else {
      seen.push_back(*found);
    }
  }
  for (const std::string& path : below) walk(path, seen);
}

void FolderWatcher::scan() {
  std::vector<Sighting> seen;
  walk("", seen);
  discovery_.scanned(seen, clock_.steady_now());
  next_scan_ = clock_.steady_now() + settings_.scan_every;
}

void FolderWatcher::look_at_due() {
  std::vector<Sighting> complete;
  for (const std::string& path : discovery_.due(clock_.steady_now())) {
    const auto seen = look_at(absolute(path), path);
    const bool regular = seen && seen->kind == FileKind::kRegular;
    const Writer writer = regular ? writer_of(absolute(path)) : Writer::kCannotTell;
    if (discovery_.look(path, seen, writer, clock_.steady_now())) complete.push_back(*seen);
  }
  if (complete.empty()) return;
  std::ranges::sort(complete, {}, [](const Sighting& s) {
    return std::tuple(s.identity.mtime_ns, last_part(s.path), s.path);
  });
  found_(complete);
}

}  // namespace sluice::ingest
