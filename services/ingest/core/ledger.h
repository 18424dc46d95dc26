#pragma once
// What a shard knows of its files: the unfinished ones whole, the finished ones by what is needed
// to recognise them again (some 200 bytes each). Decides what an announcement means, whether bytes
// are known, which file is read next, and when a receipt balances.
//
// Pure: the ledger's durable form is the topic `files`; shard_task.h restores from it and writes
// the changed entries (take_changed) in the transaction that makes them true.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/model/file_events.h"

namespace sluice::ingest {

class Ledger {
 public:
  // An entry of the topic; in offset order, a later one of an id replaces the earlier.
  void restore(FileEntry entry);

  enum class Meaning {
    kNew,           // entered, see enter()
    kKnown,         // the same delivery (path, size, time, inode, bytes, dataset) is worked on
    kFinished,      // the same delivery has been read: nothing to do but to move the file away
    kFailedBefore,  // the same delivery failed, and was found again after that: enter() it if it is
                    // still there, for someone put it back to be tried again
  };
  Meaning announce(const Announcement& file, std::int64_t now_ms);
  // A new entry: waiting, or failed if the announcement says that it cannot be read. An archive is being
  // read until all its files are settled, and failed then if one of them is.
  void enter(const Announcement& file, std::int64_t now_ms);

  // The waiting file with the smallest place (and entry) that `ready` accepts and whose bytes nobody is reading
  // as the same dataset just now (then it must wait for the outcome: a duplicate of a file that failed is no
  // duplicate).
  FileEntry* next_waiting(const std::function<bool(const FileEntry&)>& ready);
  // The file whose bytes these are, if they have been read to their end as this dataset, with the same
  // values from the path.
  std::optional<std::string> already_read(std::string_view dataset, std::string_view sha256,
                                          std::string_view path_values = {}) const;

  void start_reading(FileEntry& entry, std::int64_t now_ms);
  void mark_fully_read(FileEntry& entry, std::int64_t now_ms);
  void mark_duplicate(FileEntry& entry, std::string of, std::int64_t now_ms);
  void mark_failed(FileEntry& entry, std::string reason, std::int64_t now_ms);
  // The entry's progress changed.
  void touch(const FileEntry& entry) { changed_.insert(entry.file.id); }

  // Adds what stage 1 made of the file's records; the file is done when its receipt balances.
  // False: no such unfinished file.
  bool fold(const FileCounts& counts, std::int64_t now_ms);

  FileEntry* find(const std::string& id);
  // Files that were being read when the last owner stopped, by place.
  std::vector<FileEntry*> reading();
  // Fully read, the receipt not yet balanced.
  std::vector<FileEntry*> unbalanced();
  bool has_changes() const { return !changed_.empty(); }
  // The entries to write, in order of their ids. Valid until forget_finished().
  std::vector<const FileEntry*> take_changed();
  // After the commit: keeps only the fingerprints of files that will not change any more.
  void forget_finished();
  // Files not yet settled, and when the oldest of them was found (0: none).
  std::size_t unsettled() const { return open_.size(); }
  std::int64_t oldest_unsettled_ms() const;
  // Rows of files not yet settled that were read, and of which it is not known yet what became of them.
  std::uint64_t unaccounted_rows() const;

 private:
  using Turn = std::pair<std::uint64_t, std::uint32_t>;  // place, entry
  struct Delivery {
    bool settled = false;
    bool failed = false;
    std::int64_t finished_ms = 0;
  };
  void index(const FileEntry& entry);
  void settle_if_balanced(FileEntry& entry, std::int64_t now_ms);

  std::map<std::string, FileEntry> open_;                    // by id
  std::set<std::pair<Turn, std::string>> waiting_;           // with id
  std::map<std::string, std::string> contents_being_read_;   // content_key -> id of the reader
  std::set<std::string> changed_;                            // ids
  std::vector<std::string> written_;                         // ids given out by take_changed
  std::unordered_map<std::uint64_t, Delivery> deliveries_;   // by a hash of what identifies one
  std::unordered_map<std::string, Turn> contents_;           // content_key -> whose it is
};

}  // namespace sluice::ingest
