#pragma once
// xz of one or more streams. By liblzma: libarchive gives a decoder all the memory that its file asks for.

#include <lzma.h>

#include <string>

#include "common/adapters/archive/decoder_memory.h"
#include "common/adapters/archive/packing.h"
#include "common/adapters/archive/ratio_guard.h"

namespace sluice::archive {

class XzReader final : public ByteReader {
 public:
  XzReader(std::unique_ptr<ByteReader> packed, const UnpackLimits& limits);
  ~XzReader() override;
  XzReader(const XzReader&) = delete;
  XzReader& operator=(const XzReader&) = delete;
  Result<std::size_t> read(std::span<char> into) override;

 private:
  Result<bool> fill();
  Result<bool> more_memory();

  std::unique_ptr<ByteReader> packed_;
  RatioGuard guard_;
  MemoryShare memory_;
  std::string buffer_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool packed_ended_ = false;
  bool ended_ = false;
};

}  // namespace sluice::archive
