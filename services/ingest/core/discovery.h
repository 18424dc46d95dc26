#pragma once
// When is a file complete? Decides from what was observed, never looking itself:
//
//   name begins with '.', or ends with '~',    never a file for us
//     .tmp, .part or .crdownload
//   moved in                                   complete at once if no writer has it open
//   closed after writing                       complete when unchanged for 50 ms: some writers
//                                                set its time, or open it again, right afterwards
//   found by a scan (start-up, network         complete if no writer has it open; where that cannot
//     mounts)                                    be asked: unchanged for 2 s
//   created or modified, not closed            not touched until closed
//   not a regular file                         complete at once (to be refused)
//
// Pure and single-threaded; the watcher feeds it and asks what to check.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/file_names.h"
#include "services/ingest/core/file_source.h"

namespace sluice::ingest {

enum class FileKind { kRegular, kDirectory, kSymlink, kOther };

// A file as lstat or a bucket's listing shows it. `path` is relative to the landing folder, or an
// object's s3://bucket/key.
struct Sighting {
  std::string path;
  FileIdentity identity;
  FileKind kind = FileKind::kRegular;
  std::string source = "folder";
  std::string dataset{};  // known by where it lies; empty: by its name
  bool declared = false;  // the dataset was: it is that of all its files, too, should it be an archive
};

// Whether somebody has the file open for writing.
enum class Writer { kNo, kYes, kCannotTell };

struct DiscoverySettings {
  std::chrono::milliseconds settle{50};
  std::chrono::milliseconds settle_unknown{2000};
};

class Discovery {
 public:
  explicit Discovery(DiscoverySettings settings = {}) : settings_(settings) {}

  // What inotify says.
  void being_written(const std::string& path);                // created, modified
  void closed(const std::string& path, Clock::Steady now);    // closed after writing
  void moved_in(const std::string& path, Clock::Steady now);  // with what it holds
  void gone(const std::string& path);                         // deleted, moved away
  // Events were lost: nobody's writing is known any more, the next scan decides.
  void forget_events();
  // Everything that stands in the folder now.
  void scanned(const std::vector<Sighting>& all, Clock::Steady now);

  // The files to look at now; for each, call look().
  std::vector<std::string> due(Clock::Steady now) const;
  // What was seen; nullopt: it is gone. True: the file is complete, and will not be reported again
  // until it changes.
  bool look(const std::string& path, const std::optional<Sighting>& seen, Writer writer,
            Clock::Steady now);
  // When due() will have something; nullopt: nothing is waiting.
  std::optional<Clock::Steady> next_due() const;

 private:
  enum class Evidence { kWriting, kClosed, kMovedIn, kScanned };
  struct Candidate {
    Evidence evidence = Evidence::kScanned;
    std::optional<FileIdentity> identity;  // as last seen
    Clock::Steady unchanged_since{};
    Clock::Steady check_at{};
  };
  void stands(const std::string& path, Evidence evidence, Clock::Steady now);
  std::chrono::milliseconds settle_time(const Candidate& candidate, Writer writer) const;

  DiscoverySettings settings_;
  std::map<std::string, Candidate> candidates_;
  std::map<std::string, FileIdentity> reported_;
};

}  // namespace sluice::ingest
