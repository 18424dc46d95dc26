#include "services/ingest/unpacking_source.h"

namespace sluice::ingest {

Result<std::unique_ptr<FileReader>> UnpackingSource::open(const Announcement& file,
                                                          std::uint64_t from_byte) {
  auto packed = files_.open(file, 0);
  if (!packed) return packed;
  std::string start(archive::kPackingBytes, '\0');
  const auto got = (*packed)->read(start);
  if (!got) return tl::unexpected(got.error());
  start.resize(*got);
  const archive::Packing packing = archive::packing_of(start);
  if (!archive::is_compressed(packing)) {
    if (from_byte > 0) return files_.open(file, from_byte);
    return std::make_unique<PrefixedReader>(std::move(start), *std::move(packed));
  }
  auto bytes = archive::unpacked(
      std::make_unique<PrefixedReader>(std::move(start), *std::move(packed)), packing, limits_);
  const auto skipped = skip_bytes(*bytes, from_byte);
  if (!skipped) return tl::unexpected(skipped.error());
  return bytes;
}

}  // namespace sluice::ingest
