#pragma once
// A file (or a folder, to be synced) by its descriptor. Everything throws std::system_error with
// the path.

#include <string>
#include <string_view>

namespace sluice::loader {

class DiskFile {
 public:
  DiskFile(const std::string& path, int flags);
  // One that is not there yet, to be written.
  static DiskFile created(const std::string& path);
  ~DiskFile();
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  void write(std::string_view data);
  void sync();

 private:
  std::string path_;
  int fd_;
};

// Puts `from` in the place of `to`, in the same folder or another one of the same disk, for good.
void rename_durably(const std::string& from, const std::string& to);
// What was made, renamed or removed in it stays so.
void sync_folder(const std::string& folder);

}  // namespace sluice::loader
