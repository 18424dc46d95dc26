#pragma once
// Bytes that come one after the other: a file, an object of S3, what a decoder makes of either. One
// thread uses one reader.

#include <cstddef>
#include <span>

#include "common/base/error.h"

namespace sluice {

class ByteReader {
 public:
  virtual ~ByteReader() = default;
  // Fills as much of `into` as there is; fewer bytes only at the end, 0 behind it.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
};

}  // namespace sluice
