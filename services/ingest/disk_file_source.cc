#include "services/ingest/disk_file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <vector>

#include "common/base/json_text.h"
#include "services/ingest/durable_files.h"
#include "services/ingest/file_descriptor.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

std::string because() { return std::strerror(errno); }

class DiskFileReader final : public FileReader {
 public:
  explicit DiskFileReader(FileDescriptor file) : file_(std::move(file)) {}
  Result<std::size_t> read(std::span<char> into) override {
    std::size_t have = 0;
    while (have < into.size()) {
      const ssize_t got = ::read(file_.get(), into.data() + have, into.size() - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail("The file cannot be read: " + because() + ".");
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return have;
  }

 private:
  FileDescriptor file_;
};

// To another file system: the copy is complete and durable under its final name before the original
// goes.
Result<bool> copy_and_remove(const fs::path& from, const fs::path& to, const std::string& id) {
  const fs::path part = to.parent_path() / ("." + id + ".part");
  {
    const FileDescriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!in) return fail("cannot open " + from.string() + ": " + because());
    const FileDescriptor out(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!out) return fail("cannot create " + part.string() + ": " + because());
    std::vector<char> buffer(std::size_t{1} << 20);
    for (;;) {
      const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail("cannot read " + from.string() + ": " + because());
      if (got == 0) break;
      if (!write_all(out.get(), buffer.data(), static_cast<std::size_t>(got))) {
        return fail("cannot write " + part.string() + ": " + because());
      }
    }
    if (::fsync(out.get()) != 0) return fail("cannot write " + part.string() + ": " + because());
  }
  if (::rename(part.c_str(), to.c_str()) != 0)
    return fail("cannot make " + to.string() + ": " + because());
  if (auto synced = sync_directory(to.parent_path()); !synced) {
    ::unlink(to.c_str());  // the next try begins anew
    return synced;
  }
  if (::unlink(from.c_str()) != 0) return fail("cannot remove " + from.string() + ": " + because());
  return true;
}

Result<bool> sync_if_there(const fs::path& folder) {
  auto synced = sync_directory(folder);
  return synced || (errno != ENOENT && errno != ENOTDIR) ? synced : Result<bool>(true);
}

bool something_at(const fs::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0;
}

constexpr const char* kReason = ".reason.txt";

// Whether a name, and that of the reason beside it, can be a file's.
bool fits(const fs::path& name) {
  return name.native().size() + std::string_view(kReason).size() <= NAME_MAX;
}

// name.csv -> name.17-9f86d081884c.csv; of a name too long for that only the beginning is kept.
fs::path with_id(const fs::path& path, const std::string& id) {
  std::string stem = path.stem().string();
  const std::string end = "." + id + path.extension().string();
  while (!stem.empty() && !fits(stem + end)) {
    do {
      stem.pop_back();
    } while (!stem.empty() && !is_valid_utf8(stem));
  }
  return path.parent_path() / (stem.empty() ? id : stem + end);
}

}  // namespace

std::optional<Sighting> look_at(const std::string& absolute, const std::string& relative) {
  struct stat found {};
  if (::lstat(absolute.c_str(), &found) != 0) return std::nullopt;
  Sighting seen;
  seen.path = relative;
  seen.identity.bytes = static_cast<std::uint64_t>(found.st_size);
  seen.identity.mtime_ns = found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec;
  seen.identity.inode = found.st_ino;
  seen.kind = S_ISREG(found.st_mode)   ? FileKind::kRegular
              : S_ISDIR(found.st_mode) ? FileKind::kDirectory
              : S_ISLNK(found.st_mode) ? FileKind::kSymlink
                                       : FileKind::kOther;
  return seen;
}

std::optional<FileIdentity> DiskFileSource::identity(const Announcement& file) {
  const auto seen = look_at(landing_ + "/" + file.path, file.path);
  if (!seen) return std::nullopt;
  return seen->identity;
}

Result<std::unique_ptr<FileReader>> DiskFileSource::open(const Announcement& announced,
                                                         std::uint64_t from_byte) {
  FileDescriptor file(::open((landing_ + "/" + announced.path).c_str(),
                             O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return fail("The file cannot be opened: " + because() + ".");
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  if (::lseek(file.get(), static_cast<off_t>(from_byte), SEEK_SET) < 0) {
    return fail("The file cannot be read from byte " + std::to_string(from_byte) + ": " +
                because() + ".");
  }
  return std::make_unique<DiskFileReader>(std::move(file));
}

std::string DiskFileSource::kept_path(const std::string& path) const {
  return drops_first_folder_ ? path.substr(path.find('/') + 1) : path;
}

Result<bool> DiskFileSource::archive(const Announcement& file) { return move(file, archive_, {}); }

Result<bool> DiskFileSource::reject(const Announcement& file, std::string_view reason) {
  return move(file, failed_, reason);
}

Result<bool> DiskFileSource::move(const Announcement& file, const std::string& folder,
                                  std::string_view reason) {
  const fs::path from = fs::path(landing_) / file.path;
  fs::path to = fs::path(folder) / kept_path(file.path);
  if (identity(file) != identity_of(file)) {
    // Moved already, perhaps by a try that could not make it durable.
    auto synced = sync_if_there(to.parent_path());
    if (synced) synced = sync_if_there(from.parent_path());
    return synced ? Result<bool>(false) : synced;
  }
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (error == std::errc::not_a_directory || error == std::errc::file_exists) {
    // An earlier file has the name of one of its folders.
    to = with_id(fs::path(folder) / fs::path(file.path).filename(), file.id);
  } else if (error) {
    return fail("cannot make " + to.parent_path().string() + ": " + error.message());
  }
  if (something_at(to) || (!reason.empty() && !fits(to.filename()))) to = with_id(to, file.id);
  if (!reason.empty()) {
    auto written = write_file(to.string() + kReason, std::string(reason) + "\n");
    if (!written) return written;
  }
  // A name taken since we looked is not overwritten.
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EXDEV || errno == EINVAL) {
      auto copied = copy_and_remove(from, to, file.id);
      if (!copied) return copied;
    } else if (errno == EEXIST) {
      const fs::path other = with_id(to, file.id);
      if (::rename(from.c_str(), other.c_str()) != 0) {
        return fail("cannot move " + from.string() + " to " + other.string() + ": " + because());
      }
    } else {
      return fail("cannot move " + from.string() + " to " + to.string() + ": " + because());
    }
  }
  auto synced = sync_directory(to.parent_path());
  return synced ? sync_directory(from.parent_path()) : synced;
}

}  // namespace sluice::ingest
