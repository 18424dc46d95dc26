#pragma once
// Uploads on the disk, below one folder. Each is a folder of its own, which appears whole by one
// rename: its files, and beside them what is known of the upload. So an upload is there or not, its
// folder's name is taken once, and what a crash leaves half received is never seen as one.
//
//   .incoming-<random>/   being received; locked by who receives it
//   <name>/               a whole upload; locked until its files are announced
//     .upload.json        key, files, and the announcement of each once it has one
//     sub/bookings.csv    until the file is moved to the archive
//
// Thread-safe; several processes may share the folder.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/model/file_events.h"
#include "services/ingest/core/discovery.h"
#include "services/ingest/file_descriptor.h"

namespace sluice::ingest {

struct UploadedFile {
  std::string path;  // below the upload's folder
  std::string dataset;
  std::optional<Announcement> announcement;
  std::string sha256;  // of the bytes as they were received
  bool declared = false;  // the dataset, by the request; else it is what takes the name
  std::string source = "upload";  // as announced: an upload, or a retry of dead letters
};

struct Upload {
  std::string name;     // of its folder
  std::string request;  // what a repetition must ask for too
  std::int64_t received_ms = 0;
  std::vector<UploadedFile> files;

  bool announced() const;
};

struct SpoolTrouble {
  bool disk_full = false;
  std::string message;
};
template <typename T>
using SpoolResult = tl::expected<T, SpoolTrouble>;

// An upload that is being received; goes with the object unless it is kept. One thread.
class IncomingUpload {
 public:
  IncomingUpload(std::string root, std::string name, FileDescriptor lock);
  ~IncomingUpload();
  IncomingUpload(const IncomingUpload&) = delete;
  IncomingUpload& operator=(const IncomingUpload&) = delete;

  // `path` has been checked: it leads nowhere else.
  SpoolResult<bool> begin_file(const std::string& path);
  SpoolResult<bool> write(std::string_view bytes);
  SpoolResult<bool> end_file();  // durable
  std::string absolute(const std::string& path) const;
  // Lets the upload appear, durably. False: one of this name is there.
  SpoolResult<bool> keep(const Upload& upload);
  // After keep(): the upload is this process's until the lock is closed.
  FileDescriptor take_lock() { return std::move(lock_); }

 private:
  std::string root_;
  std::string name_;
  FileDescriptor lock_;
  FileDescriptor file_;
  bool kept_ = false;
};

class UploadSpool {
 public:
  explicit UploadSpool(std::string root) : root_(std::move(root)) {}

  SpoolResult<std::unique_ptr<IncomingUpload>> begin() const;
  std::optional<Upload> find(const std::string& name) const;
  // Replaces what is known of it, durably.
  Result<bool> update(const Upload& upload) const;
  // The names of the uploads that stand there.
  std::vector<std::string> names() const;
  // What is left of uploads whose receivers are gone.
  void remove_debris() const;
  // nullopt: another process, or a thread of this one, has it.
  std::optional<FileDescriptor> lock(const std::string& name) const;
  // The file, if it has not been moved away.
  std::optional<Sighting> file_of(const Upload& upload, const UploadedFile& file) const;
  // Whether it can be told that the file was moved away: on a disk that fails it cannot.
  bool is_moved_away(const Upload& upload, const UploadedFile& file) const;
  void remove(const std::string& name) const;
  std::uint64_t free_bytes() const;

 private:
  std::string root_;
};

}  // namespace sluice::ingest
