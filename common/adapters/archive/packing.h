#pragma once
// How bytes are packed, told from the bytes themselves: names lie.

#include <cstdint>
#include <memory>
#include <string_view>

#include "common/base/byte_reader.h"
#include "common/base/memory_budget.h"

namespace sluice::archive {

enum class Packing { kNone, kGzip, kZstd, kXz, kBzip2, kZip, kTar };

inline constexpr std::size_t kPackingBytes = 512;  // that must be seen to tell

// `start`: the first kPackingBytes, or all if there are fewer.
Packing packing_of(std::string_view start);
// Several files in one.
inline bool holds_files(Packing packing) {
  return packing == Packing::kZip || packing == Packing::kTar;
}
// One packed stream of bytes.
inline bool is_compressed(Packing packing) {
  return packing != Packing::kNone && !holds_files(packing);
}

// A small file that unpacks to a huge one is refused: where more than `free_bytes` have come out, they may
// be at most `max_ratio` times the bytes that went in. So is one that needs more of the decoders' memory than one
// may have; where others have it now, reading throws MemoryBusy, and the reader is of no more use.
struct UnpackLimits {
  std::uint64_t free_bytes = std::uint64_t{1} << 30;
  std::uint64_t max_ratio = 1000;
  MemoryBudget* memory = nullptr;  // null: the process's, see decoder_memory.h
};
MemoryBudget& memory_of(const UnpackLimits& limits);

// The bytes that `packed` holds as `packing`, a compressed one. Gzip may have several members. A stream
// that ends too early, is damaged, or is over the limits is an Error when that is seen; its sentence begins
// with "The file" and ends with a full stop.
std::unique_ptr<ByteReader> unpacked(std::unique_ptr<ByteReader> packed, Packing packing,
                                     const UnpackLimits& limits);

// Bytes as they are, and how they are packed; content_of: what they hold if they are compressed, and how that
// is packed in turn. A spreadsheet (workbook.h) is an Error that says what to do with it.
struct Content {
  Packing packing = Packing::kNone;
  std::unique_ptr<ByteReader> bytes;
};
Result<Content> packed_as(std::unique_ptr<ByteReader> bytes);
Result<Content> content_of(std::unique_ptr<ByteReader> bytes, const UnpackLimits& limits);

}  // namespace sluice::archive
