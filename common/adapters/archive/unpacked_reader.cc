#include "common/adapters/archive/unpacked_reader.h"

namespace sluice::archive {

UnpackedReader::UnpackedReader(std::unique_ptr<ByteReader> packed, Packing packing, const UnpackLimits& limits)
    : feed_(std::move(packed), limits), archive_(archive_read_new()) {
  switch (packing) {
    case Packing::kZstd: archive_read_support_filter_zstd(archive_.get()); break;
    case Packing::kXz: archive_read_support_filter_xz(archive_.get()); break;
    default: archive_read_support_filter_bzip2(archive_.get()); break;
  }
  archive_read_support_format_raw(archive_.get());
  archive_read_support_format_empty(archive_.get());
}

Error UnpackedReader::error() const {
  feed_.rethrow();
  if (feed_.failed) return *feed_.failed;
  const char* why = archive_error_string(archive_.get());
  return {fmt::format("The file cannot be unpacked, it is damaged or cut off: {}.", why != nullptr ? why : "no reason given")};
}

Result<bool> UnpackedReader::open() {
  if (opened_) return true;
  opened_ = true;
  archive_entry* entry = nullptr;
  if (!feed_.open(archive_.get())) return tl::unexpected(error());
  const int code = archive_read_next_header(archive_.get(), &entry);
  if (code == ARCHIVE_EOF) return false;
  if (code != ARCHIVE_OK) return tl::unexpected(error());
  return true;
}

Result<std::size_t> UnpackedReader::read(std::span<char> into) {
  const bool first = !opened_;
  if (first) {
    const auto has_data = open();
    if (!has_data) return tl::unexpected(has_data.error());
    if (!*has_data) archive_.reset();
  }
  std::size_t filled = 0;
  while (archive_ != nullptr && filled < into.size()) {
    const la_ssize_t got = archive_read_data(archive_.get(), into.data() + filled, into.size() - filled);
    if (got < 0) return tl::unexpected(error());
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (auto good = feed_.guard.out(static_cast<std::size_t>(got)); !good) return tl::unexpected(good.error());
  }
  return filled;
}

}  // namespace sluice::archive
