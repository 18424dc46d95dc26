#include "services/ingest/durable_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "services/ingest/file_descriptor.h"

namespace sluice::ingest {
namespace {

// Whether fsync of a folder failed for another reason than that there is no such thing.
bool is_offered(int error) { return error != EINVAL && error != ENOSYS && error != EOPNOTSUPP; }

}  // namespace

Result<bool> sync_directory(const std::filesystem::path& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory && (::fsync(directory.get()) == 0 || !is_offered(errno))) return true;
  return fail("cannot make the entries of " + path.string() + " durable: " + std::strerror(errno));
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t wrote = ::write(fd, data, size);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    data += wrote;
    size -= static_cast<std::size_t>(wrote);
  }
  return true;
}

Result<bool> write_file(const std::filesystem::path& path, std::string_view text) {
  const FileDescriptor out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!out || !write_all(out.get(), text.data(), text.size()) || ::fsync(out.get()) != 0) {
    return fail("cannot write " + path.string() + ": " + std::strerror(errno));
  }
  return true;
}

}  // namespace sluice::ingest
