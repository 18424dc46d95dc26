#include "services/ingest/unpacking_source.h"

#include <utility>

namespace sluice::ingest {

// A file of an archive. At its end, or when it is not needed any more, the archive's reader goes back to
// the shelf.
class UnpackingSource::EntryReader final : public FileReader {
 public:
  EntryReader(ArchiveShelf& shelf, std::string archive, ArchiveShelf::Reader reader)
      : shelf_(shelf), archive_(std::move(archive)), reader_(std::move(reader)) {}
  ~EntryReader() override { give_back(); }
  EntryReader(const EntryReader&) = delete;
  EntryReader& operator=(const EntryReader&) = delete;

  Result<std::size_t> read(std::span<char> into) override {
    if (reader_.files == nullptr) return 0;
    return read_from(std::move(reader_.files), into);  // which is dropped if anything is wrong
  }

 private:
  Result<std::size_t> read_from(std::unique_ptr<archive::ArchiveReader> files, std::span<char> into) {
    auto got = files->read(into);
    if (!got) return got;
    reader_.files = std::move(files);
    if (*got < into.size()) give_back();
    return got;
  }
  void give_back() {
    if (reader_.files != nullptr) shelf_.put(archive_, std::move(reader_));
  }

  ArchiveShelf& shelf_;
  std::string archive_;
  ArchiveShelf::Reader reader_;
};

Result<std::unique_ptr<FileReader>> UnpackingSource::open(const Announcement& file,
                                                          std::uint64_t from_byte) {
  auto packed = file.inside ? open_entry(file) : files_.open(file, 0);
  if (!packed) return packed;
  std::string start(archive::kPackingBytes, '\0');
  const auto got = (*packed)->read(start);
  if (!got) return tl::unexpected(got.error());
  start.resize(*got);
  const archive::Packing packing = archive::packing_of(start);
  const bool compressed = archive::is_compressed(packing);
  if (!compressed && !file.inside && from_byte > 0) return files_.open(file, from_byte);
  std::unique_ptr<FileReader> bytes =
      std::make_unique<PrefixedReader>(std::move(start), *std::move(packed));
  if (compressed) bytes = archive::unpacked(std::move(bytes), packing, limits_);
  const auto skipped = skip_bytes(*bytes, from_byte);
  if (!skipped) return tl::unexpected(skipped.error());
  return bytes;
}

Result<std::unique_ptr<FileReader>> UnpackingSource::open_entry(const Announcement& file) {
  auto reader = find_entry(file);
  if (!reader) return tl::unexpected(reader.error());
  return std::make_unique<EntryReader>(shelf_, file.inside->archive, *std::move(reader));
}

Result<ArchiveShelf::Reader> UnpackingSource::find_entry(const Announcement& file) {
  const InArchive& inside = *file.inside;
  auto reader = shelf_.take(inside.archive, inside.entry);
  if (!reader) {
    auto bytes = open(archive_of(file), 0);
    if (!bytes) return tl::unexpected(bytes.error());
    reader.emplace();
    reader->files = std::make_unique<archive::ArchiveReader>(*std::move(bytes),
                                                             archive::ArchiveLimits{limits_});
  }
  while (reader->at < inside.entry) {
    const auto entry = reader->files->next();
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) break;
    reader->at = (*entry)->number;
    if (reader->at == inside.entry && (*entry)->path == inside.path) return *std::move(reader);
  }
  return fail("The archive changed while it was read: it has no file " + inside.path + " as its " +
              std::to_string(inside.entry) + "th any more.");
}

}  // namespace sluice::ingest
