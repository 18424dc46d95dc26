#pragma once
// A source whose files may be compressed or lie in archives, as if they did not: opened, they give their
// unpacked bytes. How a file is packed is told from its first bytes. Everything else goes to the source
// behind it. Where its decoders have no memory now, open() and what it opened throw MemoryBusy; archives on the
// shelf make room before that.
//
// Thread-safe if that is.

#include "common/adapters/archive/packing.h"
#include "services/ingest/archive_shelf.h"
#include "services/ingest/core/file_source.h"

namespace sluice::ingest {

class UnpackingSource final : public FileSource {
 public:
  // `files` outlives this, and this its readers.
  explicit UnpackingSource(FileSource& files, archive::UnpackLimits limits = {})
      : files_(files),
        limits_(limits),
        reserve_(archive::memory_of(limits), [this] { return shelf_.drop_oldest(); }) {}

  std::optional<FileIdentity> identity(const Announcement& file) override {
    return files_.identity(file.inside ? archive_of(file) : file);
  }
  // Of what is compressed, all that stands before `from_byte` is unpacked again and dropped. An archive itself
  // gives its bytes.
  Result<std::unique_ptr<FileReader>> open(const Announcement& file,
                                           std::uint64_t from_byte) override;
  bool pins_bytes(const Announcement& file) const override { return files_.pins_bytes(file); }
  Result<bool> archive(const Announcement& file) override {
    shelf_.drop(file.id);
    return files_.archive(file);
  }
  Result<bool> reject(const Announcement& file, std::string_view reason) override {
    shelf_.drop(file.id);
    return files_.reject(file, reason);
  }

 private:
  class EntryReader;
  Result<std::unique_ptr<FileReader>> open_entry(const Announcement& file);
  // Stands at the file.
  Result<ArchiveShelf::Reader> find_entry(const Announcement& file);

  FileSource& files_;
  archive::UnpackLimits limits_;
  ArchiveShelf shelf_;
  MemoryBudget::Reserve reserve_;
};

}  // namespace sluice::ingest
