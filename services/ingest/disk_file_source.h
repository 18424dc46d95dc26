#pragma once
// The landing folder on a disk, with its archive and its failed folder (which may lie on other file
// systems). It is away when the machine, the disk or the way to it fails: no descriptors or memory
// left, an input error, a network file system that does not answer. Thread-safe: it has no state but the
// folders' names.

#include <string>

#include "services/ingest/core/discovery.h"
#include "services/ingest/core/file_source.h"

namespace sluice::ingest {

class DiskFileSource final : public FileSource {
 public:
  // `drops_first_folder`: of "x/sub/a.csv", only "sub/a.csv" is kept when the file is moved away.
  DiskFileSource(std::string landing, std::string archive, std::string failed,
                 bool drops_first_folder = false)
      : landing_(std::move(landing)),
        archive_(std::move(archive)),
        failed_(std::move(failed)),
        drops_first_folder_(drops_first_folder) {}

  std::optional<FileIdentity> identity(const Announcement& file) override;
  Result<std::unique_ptr<FileReader>> open(const Announcement& file,
                                           std::uint64_t from_byte) override;
  // The sub-path is kept; a taken name becomes name.<file id>.ext.
  Result<bool> archive(const Announcement& file) override;
  Result<bool> reject(const Announcement& file, std::string_view reason) override;

 private:
  Result<bool> move(const Announcement& file, const std::string& folder, std::string_view reason);

  std::string kept_path(const std::string& path) const;

  std::string landing_, archive_, failed_;
  bool drops_first_folder_;
};

// What stands at an absolute path, not following links; nullopt: nothing. `relative` goes into the
// result.
std::optional<Sighting> look_at(const std::string& absolute, const std::string& relative);

}  // namespace sluice::ingest
