#pragma once
// Zstandard of one or more frames. By libzstd: of libarchive's decoder it cannot be known what it will take.

#include <zstd.h>

#include <string>

#include "common/adapters/archive/decoder_memory.h"
#include "common/adapters/archive/packing.h"
#include "common/adapters/archive/ratio_guard.h"

namespace sluice::archive {

class ZstdReader final : public ByteReader {
 public:
  ZstdReader(std::unique_ptr<ByteReader> packed, const UnpackLimits& limits);
  Result<std::size_t> read(std::span<char> into) override;

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  Result<bool> fill(std::size_t at_least);
  // False: there is none.
  Result<bool> begin_frame();

  std::unique_ptr<ByteReader> packed_;
  RatioGuard guard_;
  MemoryShare memory_;
  std::string buffer_;
  ZSTD_inBuffer in_{};
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  bool packed_ended_ = false;
  bool in_frame_ = false;
  bool ended_ = false;
};

// What the decoder of a frame takes that begins with these bytes, 18 or all there are; 0: of a frame that holds no
// data, or of none at all.
std::uint64_t memory_of_frame(std::string_view start);

}  // namespace sluice::archive
