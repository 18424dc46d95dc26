#pragma once
// Zstandard, xz and bzip2, by libarchive.

#include "common/adapters/archive/handles.h"

namespace sluice::archive {

class UnpackedReader final : public ByteReader {
 public:
  UnpackedReader(std::unique_ptr<ByteReader> packed, Packing packing, const UnpackLimits& limits);
  Result<std::size_t> read(std::span<char> into) override;

 private:
  Result<bool> open();
  Error error() const;

  ByteFeed feed_;
  ArchiveHandle archive_;
  bool opened_ = false;
};

}  // namespace sluice::archive
