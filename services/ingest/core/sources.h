#pragma once
// All sources of files as one, chosen by an announcement's `source`.

#include <map>
#include <string>

#include "services/ingest/core/file_source.h"

namespace sluice::ingest {

class Sources final : public FileSource {
 public:
  // Before the first use; `files` outlives this.
  void add(const std::string& name, FileSource& files) { sources_.emplace(name, &files); }

  std::optional<FileIdentity> identity(const Announcement& file) override {
    return of(file).identity(file);
  }
  Result<std::unique_ptr<FileReader>> open(const Announcement& file,
                                           std::uint64_t from_byte) override {
    return of(file).open(file, from_byte);
  }
  bool pins_bytes(const Announcement& file) const override {
    const auto found = sources_.find(file.source);
    return found == sources_.end() || found->second->pins_bytes(file);
  }
  Result<bool> archive(const Announcement& file) override {
    const auto found = sources_.find(file.source);
    return found != sources_.end() ? found->second->archive(file) : fail(missing(file));
  }
  Result<bool> reject(const Announcement& file, std::string_view reason) override {
    const auto found = sources_.find(file.source);
    return found != sources_.end() ? found->second->reject(file, reason) : fail(missing(file));
  }

 private:
  static std::string missing(const Announcement& file) {
    return "the source \"" + file.source + "\" of " + file.path + " is not configured here";
  }
  // A file of a source that was configured once waits until it is again.
  FileSource& of(const Announcement& file) const {
    const auto found = sources_.find(file.source);
    if (found == sources_.end()) throw SourceAway(missing(file));
    return *found->second;
  }

  std::map<std::string, FileSource*> sources_;
};

}  // namespace sluice::ingest
