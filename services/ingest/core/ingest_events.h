#pragma once
// What happens in ingest, for logs and metrics. Called on the task's thread, after the commit that
// makes it true; the default ignores everything.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/model/file_events.h"

namespace sluice::ingest {

// What one committed transaction holds of one file.
struct ChunkCounts {
  std::uint64_t bytes = 0;
  std::uint64_t rows = 0;
  std::uint64_t published = 0;
  std::map<std::string, std::uint64_t> dead_letters;  // by rule
};

// What a shard has not settled.
struct Backlog {
  std::size_t files = 0;
  std::uint64_t rows = 0;      // read, and not yet told what became of them
  std::int64_t oldest_ms = 0;  // when the oldest file was found; 0: there is none
};

class IngestEvents {
 public:
  virtual ~IngestEvents() = default;
  virtual void reading_started(const FileEntry& /*entry*/, bool /*resumed*/) {}
  virtual void chunk_committed(const FileEntry& /*entry*/, const ChunkCounts& /*counts*/) {}
  virtual void fully_read(const FileEntry& /*entry*/) {}
  // Done, duplicate or failed.
  virtual void settled(const FileEntry& /*entry*/) {}
  virtual void source_away(const Announcement& /*file*/, std::string_view /*reason*/) {}
  // It is tried again, until it has been refused often enough.
  virtual void access_refused(const Announcement& /*file*/, std::string_view /*reason*/) {}
  // What unpacks it has no memory now; it waits until others have given some back.
  virtual void memory_short(const Announcement& /*file*/) {}
  virtual void move_failed(const Announcement& /*file*/, std::string_view /*reason*/) {}
  // A message of an input topic that nobody of ours wrote, or about a file that is not here.
  virtual void message_ignored(std::string_view /*topic*/, std::int64_t /*offset*/,
                               std::string_view /*reason*/) {}
  virtual void backlog(std::int32_t /*shard*/, const Backlog& /*backlog*/) {}
};

}  // namespace sluice::ingest
