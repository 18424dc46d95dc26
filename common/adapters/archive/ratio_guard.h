#pragma once
// Watches how much comes out of how little.

#include <fmt/format.h>

#include "common/adapters/archive/packing.h"
#include "common/base/error.h"

namespace sluice::archive {

class RatioGuard {
 public:
  explicit RatioGuard(const UnpackLimits& limits) : limits_(limits) {}
  void in(std::size_t bytes) { in_ += bytes; }
  // An Error once too much has come out.
  Result<bool> out(std::size_t bytes) {
    out_ += bytes;
    if (out_ <= limits_.free_bytes || out_ / limits_.max_ratio <= in_) return true;
    return fail(fmt::format("The file unpacks to more than {} bytes, over {} times its size; such files are refused.",
                            limits_.free_bytes, limits_.max_ratio));
  }

 private:
  UnpackLimits limits_;
  std::uint64_t in_ = 0, out_ = 0;
};

}  // namespace sluice::archive
