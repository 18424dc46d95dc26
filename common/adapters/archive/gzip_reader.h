#pragma once
// Gzip of one or more members, with every member's checksum and length checked. By zlib: libarchive does not
// check them.

#include <zlib.h>

#include <string>

#include "common/adapters/archive/packing.h"
#include "common/adapters/archive/ratio_guard.h"

namespace sluice::archive {

class GzipReader final : public ByteReader {
 public:
  GzipReader(std::unique_ptr<ByteReader> packed, const UnpackLimits& limits);
  ~GzipReader() override;
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;
  Result<std::size_t> read(std::span<char> into) override;

 private:
  Result<bool> fill();
  Result<bool> next_member();

  std::unique_ptr<ByteReader> packed_;
  RatioGuard guard_;
  std::string buffer_;
  z_stream stream_{};
  bool packed_ended_ = false;
  bool ended_ = false;
};

}  // namespace sluice::archive
