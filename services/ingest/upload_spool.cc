#include "services/ingest/upload_spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "services/ingest/disk_file_source.h"
#include "services/ingest/durable_files.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIncoming = ".incoming-";
constexpr const char* kSidecar = ".upload.json";
constexpr int kTries = 100;

tl::unexpected<SpoolTrouble> trouble(const std::string& what, int error) {
  return tl::unexpected(
      SpoolTrouble{error == ENOSPC || error == EDQUOT, what + ": " + std::strerror(error)});
}

// Of durable_files: errno stands as it was left there.
tl::unexpected<SpoolTrouble> trouble(const Error& why) {
  return tl::unexpected(SpoolTrouble{errno == ENOSPC || errno == EDQUOT, why.message});
}

// Taken without waiting; where the file system knows no locks, nobody shares it.
std::optional<FileDescriptor> locked(const std::string& folder) {
  FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return std::nullopt;
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return std::nullopt;
  return directory;
}

bool stands(const FileDescriptor& folder) {
  struct stat seen {};
  return ::fstat(folder.get(), &seen) == 0 && seen.st_nlink > 0;
}

std::string to_json(const Upload& upload) {
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const UploadedFile& file : upload.files) {
    files.push_back({{"path", file.path}, {"dataset", file.dataset}, {"declared", file.declared},
                     {"sha256", file.sha256}, {"source", file.source}, {"announcement", nullptr}});
    if (file.announcement) {
      files.back()["announcement"] =
          nlohmann::ordered_json::parse(sluice::to_json(*file.announcement));
    }
  }
  return nlohmann::ordered_json{{"request", upload.request},
                                {"received_ms", upload.received_ms},
                                {"files", std::move(files)}}
      .dump();
}

std::optional<Upload> upload_from_json(const std::string& name, const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    Upload out{name, json.at("request"), json.at("received_ms"), {}};
    for (const auto& file : json.at("files")) {
      UploadedFile& one = out.files.emplace_back();
      one.path = file.at("path");
      one.dataset = file.at("dataset");
      one.sha256 = file.at("sha256");
      one.declared = file.value("declared", false);  // uploads of earlier versions come without
      one.source = file.value("source", "upload");   // and without this
      if (const auto& known = file.at("announcement"); !known.is_null()) {
        const auto announcement = announcement_from_json(known.dump());
        if (announcement) one.announcement = *announcement;
      }
    }
    return out;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

bool Upload::announced() const {
  return std::ranges::all_of(files, [](const auto& file) { return file.announcement.has_value(); });
}

IncomingUpload::IncomingUpload(std::string root, std::string name, FileDescriptor lock)
    : root_(std::move(root)), name_(std::move(name)), lock_(std::move(lock)) {}

IncomingUpload::~IncomingUpload() {
  std::error_code ignored;
  if (!kept_) fs::remove_all(root_ + "/" + name_, ignored);
}

std::string IncomingUpload::absolute(const std::string& path) const {
  return root_ + "/" + name_ + "/" + path;
}

SpoolResult<bool> IncomingUpload::begin_file(const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(absolute(path)).parent_path(), error);
  if (error) return trouble("cannot make the folder of " + path, error.value());
  file_ = FileDescriptor(
      ::open(absolute(path).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file_) return trouble("cannot make " + path, errno);
  return true;
}

SpoolResult<bool> IncomingUpload::write(std::string_view bytes) {
  if (write_all(file_.get(), bytes.data(), bytes.size())) return true;
  return trouble("cannot write the upload", errno);
}

SpoolResult<bool> IncomingUpload::end_file() {
  if (::fsync(file_.get()) != 0) return trouble("cannot write the upload", errno);
  file_.reset();
  return true;
}

SpoolResult<bool> IncomingUpload::keep(const Upload& upload) {
  const auto written = write_file(absolute(kSidecar), to_json(upload));
  if (!written) return trouble(written.error());
  const std::string folder = root_ + "/" + name_;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (!at->is_directory()) continue;
    if (const auto synced = sync_directory(at->path()); !synced) return trouble(synced.error());
  }
  if (error) return trouble("cannot look through " + folder, error.value());
  if (const auto synced = sync_directory(folder); !synced) return trouble(synced.error());
  if (::rename(folder.c_str(), (root_ + "/" + upload.name).c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST) return false;
    return trouble("cannot keep the upload", errno);
  }
  name_ = upload.name;  // which goes with the object if it is not there for good
  if (const auto synced = sync_directory(root_); !synced) return trouble(synced.error());
  kept_ = true;
  return true;
}

SpoolResult<std::unique_ptr<IncomingUpload>> UploadSpool::begin() const {
  for (int tries = 0; tries < kTries; ++tries) {
    std::string folder = root_ + "/" + std::string(kIncoming) + "XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return trouble("cannot make " + folder, errno);
    ::chmod(folder.c_str(), 0755);
    auto lock = locked(folder);
    // Before it was locked, a sweep may have taken it for debris.
    if (!lock || !stands(*lock)) continue;
    return std::make_unique<IncomingUpload>(root_, folder.substr(root_.size() + 1),
                                            std::move(*lock));
  }
  return trouble("cannot lock a folder in " + root_, EAGAIN);
}

std::optional<Upload> UploadSpool::find(const std::string& name) const {
  std::ifstream in(root_ + "/" + name + "/" + kSidecar, std::ios::binary);
  if (!in) return std::nullopt;
  return upload_from_json(name, {std::istreambuf_iterator<char>(in), {}});
}

Result<bool> UploadSpool::update(const Upload& upload) const {
  const std::string folder = root_ + "/" + upload.name;
  const std::string part = folder + "/" + kSidecar + ".part";
  if (auto written = write_file(part, to_json(upload)); !written) return written;
  if (::rename(part.c_str(), (folder + "/" + kSidecar).c_str()) != 0) {
    return fail("cannot replace " + folder + "/" + kSidecar + ": " + std::strerror(errno));
  }
  return sync_directory(folder);
}

std::vector<std::string> UploadSpool::names() const {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator at(root_, error), end; !error && at != end; at.increment(error)) {
    std::string name = at->path().filename().string();
    if (!name.starts_with('.')) out.push_back(std::move(name));
  }
  std::ranges::sort(out);
  return out;
}

void UploadSpool::remove_debris() const {
  std::vector<std::string> debris;
  std::error_code error;
  for (fs::directory_iterator at(root_, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename().string().starts_with(kIncoming)) debris.push_back(at->path());
  }
  for (const std::string& folder : debris) {
    if (locked(folder)) fs::remove_all(folder, error);
  }
}

std::optional<FileDescriptor> UploadSpool::lock(const std::string& name) const {
  return locked(root_ + "/" + name);
}

std::optional<Sighting> UploadSpool::file_of(const Upload& upload, const UploadedFile& file) const {
  const std::string path = upload.name + "/" + file.path;
  auto seen = look_at(root_ + "/" + path, path);
  if (!seen || seen->kind != FileKind::kRegular) return std::nullopt;
  seen->source = file.source;
  seen->dataset = file.dataset;
  seen->declared = file.declared;
  return seen;
}

bool UploadSpool::is_moved_away(const Upload& upload, const UploadedFile& file) const {
  const std::string path = upload.name + "/" + file.path;
  const auto seen = look_at(root_ + "/" + path, path);
  return seen ? seen->kind != FileKind::kRegular : errno == ENOENT || errno == ENOTDIR;
}

void UploadSpool::remove(const std::string& name) const {
  std::error_code ignored;
  fs::remove_all(root_ + "/" + name, ignored);
}

std::uint64_t UploadSpool::free_bytes() const {
  struct statvfs space {};
  if (::statvfs(root_.c_str(), &space) != 0) return UINT64_MAX;
  return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

}  // namespace sluice::ingest
