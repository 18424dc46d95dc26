#include "services/loader/folder_place.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <random>

#include "services/loader/disk_file.h"

namespace sluice::loader {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnfinished = ".unfinished";

// Folders from `at` up to `top`, which stays, as far as they are empty.
void remove_empty(fs::path at, const fs::path& top) {
  while (at != top && at.has_relative_path() && ::rmdir(at.c_str()) == 0) at = at.parent_path();
}

// Makes the folder, and what of it was missing for good.
void make_durably(const fs::path& folder) {
  if (fs::exists(folder)) return;
  make_durably(folder.parent_path());
  fs::create_directory(folder);
  sync_folder(folder.parent_path().string());
}

// Of no other attempt: one that was frozen and wakes up must not touch what its heir writes.
std::string own_name(const std::string& name) {
  static std::atomic<int> attempts{0};
  std::random_device random;
  return name + "." + std::to_string(::getpid()) + "-" + std::to_string(++attempts) + "-" +
         std::to_string(random());
}

class UnfinishedFile final : public ExportFile {
 public:
  UnfinishedFile(const fs::path& folder, const std::string& path)
      : folder_(folder),
        path_(folder / path),
        temporary_(folder / kUnfinished / own_name(path_.filename().string())) {
    make_durably(temporary_.parent_path());
    fs::remove(temporary_);
    file_.emplace(temporary_.string(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
  }
  ~UnfinishedFile() override {
    file_.reset();
    if (!published_) {
      ::unlink(temporary_.c_str());
      remove_empty(path_.parent_path(), folder_);
    }
    ::rmdir(temporary_.parent_path().c_str());  // the last one out
  }

  void write(std::string_view bytes) override { file_->write(bytes); }

  void finish() override { file_->sync(); }
  void publish() override {
    make_durably(path_.parent_path());
    rename_durably(temporary_.string(), path_.string());
    published_ = true;
  }

 private:
  fs::path folder_, path_, temporary_;
  std::optional<DiskFile> file_;
  bool published_ = false;
};

}  // namespace

void FolderPlace::sweep(const ReportSpec&, const std::string& unpublished) {
  const fs::path folder(folder_);
  fs::remove_all(folder / kUnfinished);
  if (!unpublished.empty()) remove_empty((folder / unpublished).parent_path(), folder);
}

std::unique_ptr<ExportFile> FolderPlace::begin(const std::string& path) {
  return std::make_unique<UnfinishedFile>(folder_, path);
}

std::optional<std::uint64_t> FolderPlace::size_of(const std::string& path) {
  std::error_code missing;
  const std::uintmax_t size = fs::file_size(fs::path(folder_) / path, missing);
  if (missing) return std::nullopt;
  return size;
}

std::string FolderPlace::shown(const std::string& path) const {
  return (fs::path(folder_) / path).lexically_normal().string();
}

}  // namespace sluice::loader
