#pragma once
// The messages about files, and the ledger entry that becomes the receipt. Values and their JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sluice {

// A complete file with its fingerprint, announced to the shard that owns its bytes.
// Topic announcements, partition = shard_of(id), key = id.
struct Announcement {
  std::string id;       // see origin.h
  std::string source;   // "folder", "s3", "upload"
  std::string path;     // in the source: "sub/bookings.csv", "s3://landing/in/bookings.csv"
  std::string name;     // last part of the path
  std::string dataset;  // empty: no definition takes this name
  std::string sha256;   // of its (unpacked) bytes, 64 hex digits; empty if unreadable
  std::uint64_t bytes = 0;
  std::uint64_t content_bytes = 0;  // unpacked; 0: the file is not compressed, it has `bytes`
  std::string path_values;  // what its dataset takes from the path; empty: nothing
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  std::string version;  // s3: the object's ETag
  std::string error;  // why it cannot be read at all; empty if it can
  std::int64_t found_ms = 0;

  std::uint64_t bytes_to_read() const { return content_bytes != 0 ? content_bytes : bytes; }
};

// Contract states. kFound and kWaiting are seen before a shard has it.
enum class FileState { kFound, kWaiting, kReading, kDone, kDuplicate, kFailed };
std::string_view to_string(FileState state);
std::optional<FileState> parse_file_state(std::string_view text);

// Topic files: compacted, partition = shard_of(id), key = id. Written by the owning shard of ingest
// only, in the same transaction as the records it speaks of.
struct FileEntry {
  Announcement file;
  FileState state = FileState::kFound;
  std::string duplicate_of;  // file id, state kDuplicate
  std::string error;         // plain sentence, state kFailed
  // Where reading goes on after a restart; the rows before it are committed.
  std::uint64_t next_byte = 0;
  std::uint64_t next_line = 1;
  bool fully_read = false;
  // ingest's side of the receipt
  std::uint64_t rows = 0;       // read so far
  std::uint64_t published = 0;  // records sent to the records topic
  std::uint64_t rejected = 0;   // dead letters of ingest
  // transform's side: what became of the published records
  std::uint64_t records = 0;
  std::uint64_t corrections = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t poisoned = 0;  // dead letters of transform
  std::uint64_t late = 0;      // of the records and corrections
  std::int64_t started_ms = 0;
  std::int64_t finished_ms = 0;

  std::uint64_t dead_letters() const { return rejected + poisoned; }
  // Every published record is accounted for: the receipt balances.
  bool balanced() const {
    return fully_read && rows == published + rejected &&
           published == records + corrections + duplicates + poisoned;
  }
};

// What stage 1 made of a file's records in one of its transactions.
// Topic file_counts, partition = shard_of(file), key = file id.
struct FileCounts {
  std::string file;
  std::string task;  // "bookings-stage1-0"
  std::uint64_t transaction = 0;
  std::uint64_t records = 0;
  std::uint64_t corrections = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t poisoned = 0;
  std::uint64_t late = 0;
};

std::string to_json(const Announcement& announcement);
std::string to_json(
    const FileEntry& entry);  // flat; the names are the contract's (id, name, dataset,
                              // source, bytes, state, rows, records, dead_letters,
                              // duplicates, corrections, error, started_at,
                              // finished_at as ISO instants or null) and more
std::string to_json(const FileCounts& counts);
Result<Announcement> announcement_from_json(std::string_view json);
Result<FileEntry> file_entry_from_json(std::string_view json);
Result<FileCounts> file_counts_from_json(std::string_view json);

}  // namespace sluice
