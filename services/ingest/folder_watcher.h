#pragma once
// Watches the landing folder and its sub-folders with inotify, and scans it now and then: for what
// was there before, for network mounts (no events), and for events that the kernel had to drop.
// What is complete (core/discovery.h decides) is handed over once, in order of time and name.
//
// One thread. It never opens a file for reading data, and never follows a symbolic link.

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"
#include "services/ingest/core/discovery.h"
#include "services/ingest/file_descriptor.h"

namespace sluice::ingest {

struct WatcherSettings {
  std::string folder;
  std::chrono::milliseconds scan_every{5000};
  DiscoverySettings discovery;
  // Whether a folder of this name must be refused instead of looked into.
  std::function<bool(const std::string& name)> refuses_folder = [](const std::string&) {
    return false;
  };
};

class FolderWatcher {
 public:
  // `found` is called on the watcher's thread with complete files, and may block.
  FolderWatcher(WatcherSettings settings, const Clock& clock,
                std::function<void(const std::vector<Sighting>&)> found);
  ~FolderWatcher();
  void start();
  void stop();  // returns within a second, unless `found` blocks

 private:
  void run();
  void read_events();
  void handle(const std::string& folder, std::uint32_t mask, const std::string& name);
  // Adds watches for a folder and all below it, and collects what stands there.
  void walk(const std::string& relative, std::vector<Sighting>& seen);
  void watch(const std::string& relative);
  void scan();
  void look_at_due();
  std::string absolute(const std::string& relative) const;

  WatcherSettings settings_;
  const Clock& clock_;
  std::function<void(const std::vector<Sighting>&)> found_;
  Discovery discovery_;
  FileDescriptor inotify_;
  FileDescriptor wake_;
  std::unordered_map<int, std::string> watched_;  // watch descriptor -> relative folder
  Clock::Steady next_scan_{};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// Asks the kernel whether someone has the file open for writing (by a read lease, given back at
// once).
Writer writer_of(const std::string& absolute);

}  // namespace sluice::ingest
