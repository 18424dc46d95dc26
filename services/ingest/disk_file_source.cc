#include "services/ingest/disk_file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>

#include "common/base/json_text.h"
#include "services/ingest/durable_files.h"
#include "services/ingest/file_descriptor.h"
#include "services/ingest/file_moving.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

std::string because() { return std::strerror(errno); }

// Whether a failure tells of the machine, or of the way to the file, and not of the file.
bool is_passing(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EAGAIN:
    case EINTR:
    case EIO:
    case EREMOTEIO:
    case ESTALE:
    case ETIMEDOUT:
    case ENODEV:
    case ENOTCONN:
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

// Nothing can be at the path, as against that it cannot be told what is.
bool is_absent(int error) { return error == ENOENT || error == ENOTDIR; }

[[noreturn]] void away(const std::string& what, const std::string& path, int error = errno) {
  throw SourceAway("cannot " + what + " " + path + " now: " + std::strerror(error));
}

class DiskFileReader final : public FileReader {
 public:
  DiskFileReader(FileDescriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}
  Result<std::size_t> read(std::span<char> into) override {
    std::size_t have = 0;
    while (have < into.size()) {
      const ssize_t got = ::read(file_.get(), into.data() + have, into.size() - have);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && is_passing(errno)) away("read", path_);
      if (got < 0) return fail("The file cannot be read: " + because() + ".");
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return have;
  }

 private:
  FileDescriptor file_;
  std::string path_;
};

Result<bool> sync_if_there(const fs::path& folder) {
  auto synced = sync_directory(folder);
  return synced || !is_absent(errno) ? synced : Result<bool>(true);
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

// Makes the entries of the folder, and of those it lies in, durable, up to that of `root`'s own folders.
Result<bool> sync_above(fs::path folder, const fs::path& root) {
  while (folder != root && folder.has_relative_path()) {
    folder = folder.parent_path();
    if (auto synced = sync_directory(folder); !synced) return synced;
  }
  return true;
}

// Nobody else's name has the file's id: what stands there is the copy of an earlier try that ended
// before the original went.
void remove_own_copy(const fs::path& path, const Announcement& file) {
  const auto there = identity_at(path);
  if (there && there->bytes == identity_of(file).bytes) ::unlink(path.c_str());
}

// The reason is there before the file is.
Result<Moving> move_to(const fs::path& from, const fs::path& to, const Announcement& file,
                       std::string_view reason) {
  const std::string beside = to.string() + kReason;
  if (!reason.empty()) {
    auto written = write_file(beside, std::string(reason) + "\n");
    if (!written) return tl::unexpected(written.error());
  }
  auto moved = move_file(from, to, identity_of(file), to.parent_path() / ("." + file.id + ".part"));
  if (moved && *moved == Moving::kGone && !reason.empty()) ::unlink(beside.c_str());
  return moved;
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
  const std::string path = landing_ + "/" + file.path;
  auto there = identity_at(path);
  if (!there && !is_absent(errno)) away("look at", path);
  return there;
}

Result<std::unique_ptr<FileReader>> DiskFileSource::open(const Announcement& announced,
                                                         std::uint64_t from_byte) {
  const std::string path = landing_ + "/" + announced.path;
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file && is_passing(errno)) away("open", path);
  if (!file) return fail("The file cannot be opened: " + because() + ".");
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  if (::lseek(file.get(), static_cast<off_t>(from_byte), SEEK_SET) < 0) {
    return fail("The file cannot be read from byte " + std::to_string(from_byte) + ": " +
                because() + ".");
  }
  return std::make_unique<DiskFileReader>(std::move(file), path);
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
  const auto there = identity_at(from);
  if (!there && !is_absent(errno)) return fail("cannot look at " + from.string() + ": " + because());
  if (there != identity_of(file)) {
    // Moved already, perhaps by a try that could not make it durable.
    auto synced = sync_if_there(to.parent_path());
    std::error_code absent;
    if (synced && fs::exists(to.parent_path(), absent)) synced = sync_above(to.parent_path(), folder);
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
  // Before anything leaves its place: new folders, also an earlier try's, are there for good.
  if (auto synced = sync_above(to.parent_path(), folder); !synced) return synced;
  Result<Moving> moved = Moving::kNameTaken;
  if (!identity_at(to) && (reason.empty() || fits(to.filename()))) {
    moved = move_to(from, to, file, reason);
  }
  if (moved && *moved == Moving::kNameTaken) {  // as we saw, or since we looked
    to = with_id(to, file.id);
    remove_own_copy(to, file);
    moved = move_to(from, to, file, reason);
  }
  if (!moved) return tl::unexpected(moved.error());
  if (*moved == Moving::kNameTaken) {
    return fail("cannot move " + from.string() + ": something else is at " + to.string());
  }
  if (*moved == Moving::kGone) return false;
  auto synced = sync_directory(to.parent_path());
  return synced ? sync_directory(from.parent_path()) : synced;
}

}  // namespace sluice::ingest
