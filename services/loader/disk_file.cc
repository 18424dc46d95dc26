#include "services/loader/disk_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace sluice::loader {
namespace {

[[noreturn]] void disk_error(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), "cannot write " + path);
}

}  // namespace

DiskFile::DiskFile(const std::string& path, int flags)
    : path_(path), fd_(::open(path.c_str(), flags, 0644)) {
  if (fd_ < 0) disk_error(path_);
}

DiskFile DiskFile::created(const std::string& path) {
  return DiskFile(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
}

DiskFile::~DiskFile() { ::close(fd_); }

void DiskFile::write(std::string_view data) {
  while (!data.empty()) {
    const ssize_t wrote = ::write(fd_, data.data(), data.size());
    if (wrote < 0 && errno != EINTR) disk_error(path_);
    if (wrote > 0) data.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

void DiskFile::sync() {
  if (::fsync(fd_) != 0) disk_error(path_);
}

void rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) disk_error(to);
  sync_folder(std::filesystem::path(to).parent_path().string());
}

void sync_folder(const std::string& folder) {
  DiskFile(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC).sync();
}

}  // namespace sluice::loader
