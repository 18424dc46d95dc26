#pragma once
// bzip2, by libarchive.

#include "common/adapters/archive/handles.h"

namespace sluice::archive {

class Bzip2Reader final : public ByteReader {
 public:
  Bzip2Reader(std::unique_ptr<ByteReader> packed, const UnpackLimits& limits);
  Result<std::size_t> read(std::span<char> into) override;

 private:
  Result<bool> open();
  Error error() const;

  MemoryShare memory_;
  ByteFeed feed_;
  ArchiveHandle archive_;
  bool opened_ = false;
};

}  // namespace sluice::archive
