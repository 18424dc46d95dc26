#pragma once
// The messages about files, and the ledger entry that becomes the receipt. Values and their JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sluice {

// Where a file lies that is inside a zip or tar.
struct InArchive {
  std::string archive;      // the archive's file id
  std::uint32_t entry = 0;  // its number among the archive's files, from 1
  std::string path;         // inside the archive
  std::uint64_t bytes = 0;  // of the archive as its source has it
};

// A file of an archive, as the archive's listing shows it.
struct ArchivedFile {
  std::uint32_t entry = 0;
  std::string path;  // inside the archive
  std::string dataset;
  std::string sha256;
  std::uint64_t bytes = 0;  // of its content, unpacked
  std::string path_values;
  std::string error;  // why it cannot be read at all; empty if it can
};

// A complete file with its fingerprint, announced to the shard that owns its bytes.
// Topic announcements, partition = shard_of(id), key = id.
struct Announcement {
  std::string id;       // see origin.h
  std::string source;   // "folder", "s3", "upload", "retry"
  std::string path;     // in the source: "sub/bookings.csv", "s3://landing/in/bookings.csv";
                        // inside an archive: the archive's, '/', and the path there
  std::string name;     // last part of the path; inside an archive: the archive's name and the path
  std::string dataset;  // empty: no definition takes this name
  std::string sha256;   // of its (unpacked) bytes, 64 hex digits; empty if unreadable
  std::uint64_t bytes = 0;
  std::uint64_t content_bytes = 0;  // unpacked; 0: the file is not compressed, it has `bytes`
  std::string path_values;  // what its dataset takes from the path; empty: nothing
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  std::string version;  // s3: the object's ETag
  std::string error;  // why it cannot be read at all; empty if it can
  bool refused = false;  // its source does not let it be read: it stays where it is, and is not tried again
  std::int64_t found_ms = 0;
  std::optional<InArchive> inside;
  std::vector<ArchivedFile> entries;  // what an archive holds; its shard announces each

  std::uint64_t bytes_to_read() const { return content_bytes != 0 ? content_bytes : bytes; }
};

// One of an archive's files as a file of its own: it has the archive's place and its source.
Announcement announcement_of(const Announcement& archive, const ArchivedFile& entry);
// The archive it lies in, with what is needed to open it.
Announcement archive_of(const Announcement& file);

// Contract states. kFound and kWaiting are seen before a shard has it.
enum class FileState { kFound, kWaiting, kReading, kDone, kDuplicate, kFailed };
inline constexpr FileState kFileStates[] = {FileState::kFound, FileState::kWaiting, FileState::kReading,
                                            FileState::kDone,  FileState::kDuplicate, FileState::kFailed};
std::string_view to_string(FileState state);
std::optional<FileState> parse_file_state(std::string_view text);

// Topic files: compacted, partition = shard_of(id), key = id. Written by the owning shard of ingest
// only, in the same transaction as the records it speaks of.
struct FileEntry {
  Announcement file;
  FileState state = FileState::kFound;
  std::string duplicate_of;  // file id, state kDuplicate
  std::string error;         // plain sentence, state kFailed
  // Of a dataset that refuses late rows: its watermark when reading began; 0: none was known.
  std::int64_t watermark_ms = 0;
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
  std::int64_t event_max_ms = 0;  // the greatest event time of its records; 0: none is known
  // Of an archive, whose rows are its files': how many it holds, and what became of them.
  std::uint64_t entries = 0;
  std::uint64_t entries_settled = 0;
  std::uint64_t entries_failed = 0;     // of those settled
  std::uint64_t entries_duplicate = 0;  // of those settled
  std::string failures;                 // the first failed ones, each with its reason
  std::int64_t started_ms = 0;
  std::int64_t finished_ms = 0;

  std::uint64_t dead_letters() const { return rejected + poisoned; }
  // Rows of which it is known what became of them.
  std::uint64_t accounted_rows() const { return rejected + counted(); }
  // Every published record, of an archive every file, is accounted for: the receipt balances.
  bool balanced() const {
    return fully_read && rows == published + rejected && published == counted() &&
           entries_settled == entries;
  }
  // Up to which event time it speaks: never beyond the moment it was settled, whatever its rows say.
  std::int64_t reached_ms() const {
    return finished_ms != 0 && event_max_ms > finished_ms ? finished_ms : event_max_ms;
  }
  // What was published before a failure still gets its counts, so that the numbers add up.
  bool awaits_counts() const { return published > counted(); }
  // Nothing of it will change any more.
  bool is_final() const {
    return state == FileState::kDone || state == FileState::kDuplicate ||
           (state == FileState::kFailed && !awaits_counts());
  }

 private:
  std::uint64_t counted() const { return records + corrections + duplicates + poisoned; }
};

// What stage 1 made of a file's records in one of its transactions; or, of an archive, what became of
// one of its files, told by the shard that has that one.
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
  std::uint64_t entries_settled = 0;
  std::uint64_t entries_failed = 0;
  std::uint64_t entries_duplicate = 0;
  std::int64_t event_max_ms = 0;  // 0: none of the records has an event time
  std::string failure{};  // of a failed one: its path and why
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
