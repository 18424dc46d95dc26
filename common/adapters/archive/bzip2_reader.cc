#include "common/adapters/archive/bzip2_reader.h"

#include "common/adapters/archive/decoder_memory.h"

namespace sluice::archive {

Bzip2Reader::Bzip2Reader(std::unique_ptr<ByteReader> packed, const UnpackLimits& limits)
    : memory_(memory_of(limits)), feed_(std::move(packed), limits), archive_(archive_read_new()) {
  archive_read_support_filter_bzip2(archive_.get());
  archive_read_support_format_raw(archive_.get());
  archive_read_support_format_empty(archive_.get());
}

Error Bzip2Reader::error() const {
  feed_.rethrow();
  if (feed_.failed) return *feed_.failed;
  const char* why = archive_error_string(archive_.get());
  return {fmt::format("The file cannot be unpacked, it is damaged or cut off: {}.", why != nullptr ? why : "no reason given")};
}

Result<bool> Bzip2Reader::open() {
  if (opened_) return true;
  opened_ = true;
  if (auto reserved = reserve(memory_, kBzip2Memory); !reserved) return reserved;
  archive_entry* entry = nullptr;
  if (!feed_.open(archive_.get())) return tl::unexpected(error());
  const int code = archive_read_next_header(archive_.get(), &entry);
  if (code == ARCHIVE_EOF) return false;
  if (code != ARCHIVE_OK) return tl::unexpected(error());
  return true;
}

Result<std::size_t> Bzip2Reader::read(std::span<char> into) {
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
