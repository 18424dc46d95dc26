#include "services/ingest/file_moving.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "services/ingest/durable_files.h"
#include "services/ingest/file_descriptor.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

FileIdentity identity_in(const struct stat& found) {
  FileIdentity out;
  out.bytes = static_cast<std::uint64_t>(found.st_size);
  out.mtime_ns = found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec;
  out.inode = found.st_ino;
  return out;
}

tl::unexpected<Error> cannot(const std::string& what, const fs::path& path, int error = errno) {
  return fail("cannot " + what + " " + path.string() + ": " + std::strerror(error));
}

// Whether what was just renamed to `path` is the file that was meant. Not by its inode: some file
// systems give it another with the name. A folder or a link is not a delivery that could be lost.
bool is_it(const fs::path& path, const FileIdentity& identity) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return true;
  const FileIdentity now = identity_in(found);
  return now.bytes == identity.bytes && now.mtime_ns == identity.mtime_ns;
}

// 0, or what errno says: EEXIST if `to` is taken.
int rename_to_free_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  return errno == EINVAL ? rename_by_link(from, to) : errno;
}

Result<bool> copy_durably(const FileDescriptor& in, const fs::path& from, const fs::path& part) {
  const FileDescriptor out(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!out) return cannot("create", part);
  std::vector<char> buffer(std::size_t{1} << 20);
  for (;;) {
    const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", from);
    if (got == 0) break;
    if (!write_all(out.get(), buffer.data(), static_cast<std::size_t>(got))) {
      return cannot("write", part);
    }
  }
  if (::fsync(out.get()) != 0) return cannot("write", part);
  return true;
}

Result<Moving> copy_and_remove(const fs::path& from, const fs::path& to,
                               const FileIdentity& identity, const fs::path& part) {
  // What is copied is the file behind the descriptor, whatever gets its name meanwhile.
  const FileDescriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!in && errno == ENOENT) return Moving::kGone;
  if (!in) return cannot("open", from);
  struct stat opened {};
  if (::fstat(in.get(), &opened) != 0) return cannot("read", from);
  if (identity_in(opened) != identity) return Moving::kGone;
  if (auto copied = copy_durably(in, from, part); !copied) {
    ::unlink(part.c_str());
    return tl::unexpected(copied.error());
  }
  if (const int error = rename_to_free_name(part, to); error != 0) {
    ::unlink(part.c_str());
    if (error == EEXIST) return Moving::kNameTaken;
    return cannot("make", to, error);
  }
  if (auto synced = sync_directory(to.parent_path()); !synced) {
    ::unlink(to.c_str());  // the next try begins anew
    return tl::unexpected(synced.error());
  }
  // Another one, or one that has more in it by now, is not what was copied: it is found for itself.
  if (identity_at(from) != identity) return Moving::kDone;
  if (::unlink(from.c_str()) != 0 && errno != ENOENT) return cannot("remove", from);
  return Moving::kDone;
}

}  // namespace

std::optional<FileIdentity> identity_at(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  return identity_in(found);
}

int rename_by_link(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) {
    // Not another file that has got the old name since.
    if (identity_at(from) == identity_at(to)) ::unlink(from.c_str());
    return 0;
  }
  // Of folders there are no links on any file system.
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) return errno;
  if (identity_at(to)) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

Result<Moving> move_file(const fs::path& from, const fs::path& to, const FileIdentity& identity,
                         const fs::path& part) {
  const int error = rename_to_free_name(from, to);
  if (error == EXDEV) return copy_and_remove(from, to, identity, part);
  if (error == EEXIST) return Moving::kNameTaken;
  if (error == ENOENT && !identity_at(from)) return Moving::kGone;
  if (error != 0) return fail("cannot move " + from.string() + " to " + to.string() + ": " +
                              std::strerror(error));
  if (is_it(to, identity)) return Moving::kDone;
  // Renamed over it in this instant: it goes back, unless there is a newer one yet.
  const int back = rename_to_free_name(to, from);
  if (back != 0 && back != EEXIST) return cannot("put back to " + from.string(), to, back);
  return Moving::kGone;
}

}  // namespace sluice::ingest
