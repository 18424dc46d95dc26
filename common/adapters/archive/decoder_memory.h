#pragma once
// What decoders may take of the process's memory: a file says itself how large a dictionary it needs, up to 4 GiB.

#include <cstdint>

#include "common/base/error.h"
#include "common/base/memory_budget.h"

namespace sluice::archive {

// xz -9 takes 65 MiB, zstd --long=27 128.
inline constexpr std::size_t kDecoderMemory = std::size_t{136} << 20;
// Two at once, so that a compressed file of a compressed archive can be read whatever it needs.
inline constexpr std::size_t kAllDecodersMemory = 2 * kDecoderMemory;
// Of bzip2, whatever its file says.
inline constexpr std::size_t kBzip2Memory = std::size_t{4} << 20;

// The one of this process.
MemoryBudget& decoder_memory();
// Sees that a decoder has that many bytes. An Error: they are more than one may have. Throws MemoryBusy.
Result<bool> reserve(MemoryShare& memory, std::uint64_t bytes);

}  // namespace sluice::archive
