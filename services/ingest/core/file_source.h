#pragma once
// Where files lie: the landing folder with its archive and its failed folder, or buckets. Implemented
// by services/ingest/disk_file_source and s3_file_source and, in memory, by tests; core/sources.h
// puts them together. One shard task uses it from its thread; several tasks share one, so it is
// thread-safe.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/base/byte_reader.h"
#include "common/base/error.h"
#include "common/base/memory_budget.h"
#include "common/model/file_events.h"

namespace sluice::ingest {

// What changes when someone touches a file.
struct FileIdentity {
  std::uint64_t bytes = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  std::string version{};  // s3: the ETag
  bool operator==(const FileIdentity&) const = default;
};

inline FileIdentity identity_of(const Announcement& file) {
  return {file.inside ? file.inside->bytes : file.bytes, file.mtime_ns, file.inode, file.version};
}

// The source cannot be reached now; its files wait. Thrown by every call but archive and reject.
class SourceAway : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The source answers, and this file may not be read; others of it may. Thrown where SourceAway is; how often
// it is tried is in refused_tries.h.
class AccessRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Beside these, opening and reading throw MemoryBusy: what unpacks the file has no memory now, and it is opened
// anew when others have given some back.
using FileReader = ByteReader;

class FileSource {
 public:
  virtual ~FileSource() = default;
  // nullopt: no regular file stands there (any more).
  virtual std::optional<FileIdentity> identity(const Announcement& file) = 0;
  // What the file holds: of a compressed one, its unpacked bytes. It may lie inside an archive; to
  // archive() and reject() only whole files are given.
  virtual Result<std::unique_ptr<FileReader>> open(const Announcement& file,
                                                   std::uint64_t from_byte) = 0;
  // True: a reader gives the announced bytes or an Error, whatever becomes of the file meanwhile, so
  // that identity() need not be asked while it is read.
  virtual bool pins_bytes(const Announcement& /*file*/) const { return false; }
  // Moves the file out of the landing folder, durably. Does nothing if what stands there is not
  // this delivery any more, so that it can be repeated after a crash. An Error leaves the file in
  // place.
  virtual Result<bool> archive(const Announcement& file) = 0;
  // The same to the failed folder, with the reason beside it.
  virtual Result<bool> reject(const Announcement& file, std::string_view reason) = 0;
};

}  // namespace sluice::ingest
