#include "common/adapters/archive/decoder_memory.h"

#include <fmt/format.h>

namespace sluice::archive {

MemoryBudget& decoder_memory() {
  static MemoryBudget budget(kDecoderMemory, kAllDecodersMemory);
  return budget;
}

Result<bool> reserve(MemoryShare& memory, std::uint64_t bytes) {
  if (!memory.may_have(bytes)) {
    constexpr std::uint64_t kMiB = 1 << 20;
    return fail(fmt::format("The file needs {} MiB of memory to be unpacked, and {} MiB are allowed; pack it with a "
                            "smaller dictionary, at most as xz -9 or zstd --long=27 do.",
                            (bytes + kMiB - 1) / kMiB, memory.budget().each() / kMiB));
  }
  memory.grow_to(bytes);
  return true;
}

}  // namespace sluice::archive
