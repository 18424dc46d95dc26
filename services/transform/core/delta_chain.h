#pragma once
// The chain of one sending task's transactions, as one partition of the repartition topic shows it.
// A sender sends every transaction to every partition, so a number that is missing, a range of input
// that does not join on, or a transaction that is never completed means a torn transaction: going on
// would give a wrong number, and reading stops with Unsafe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/delta_frame.h"

namespace sluice::transform {

class DeltaChain {
 public:
  // How far the chain is applied; kept in stage 2's state.
  struct Applied {
    std::uint64_t transaction = 0;
    std::int64_t input_to = 0;
  };
  DeltaChain() = default;
  explicit DeltaChain(const Applied& applied) : applied_(applied) {}

  enum class Step {
    kSkip,      // applied before: the topic was read again
    kHold,      // part of a transaction whose last frame is yet to come
    kComplete,  // the last frame: apply the transaction, then call applied()
  };
  // Takes the next frame of this source. Throws Unsafe.
  Step read(const FrameHead& head, std::int64_t offset);
  // The transaction that was completed is in the state now.
  void mark_applied();

  const Applied& applied() const { return applied_; }
  // Where the frames held back begin; reading must start there again after a restart.
  std::optional<std::int64_t> held_from() const;

 private:
  Applied applied_;
  FrameHead open_;               // the newest frame of the open transaction
  bool is_open_ = false;
  std::int64_t open_offset_ = 0;  // of its first frame
};

std::string encode(const DeltaChain::Applied& applied);
std::optional<DeltaChain::Applied> decode_applied(std::string_view bytes);

}  // namespace sluice::transform
