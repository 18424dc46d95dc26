#pragma once
// Bytes that come one after the other: a file, an object of S3, what a decoder makes of either. One
// thread uses one reader.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "common/base/error.h"

namespace sluice {

class ByteReader {
 public:
  virtual ~ByteReader() = default;
  // Fills as much of `into` as there is; fewer bytes only at the end, 0 behind it.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
};

// Bytes that were read from `rest` already, and then the rest.
class PrefixedReader final : public ByteReader {
 public:
  PrefixedReader(std::string prefix, std::unique_ptr<ByteReader> rest)
      : prefix_(std::move(prefix)), rest_(std::move(rest)) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t size = given_ < prefix_.size() ? prefix_.copy(into.data(), into.size(), given_) : 0;
    given_ += size;
    if (size == into.size()) return size;
    const auto more = rest_->read(into.subspan(size));
    if (!more) return more;
    return size + *more;
  }

 private:
  std::string prefix_;
  std::size_t given_ = 0;
  std::unique_ptr<ByteReader> rest_;
};

// Reads and drops that many bytes, or all there are.
inline Result<bool> skip_bytes(ByteReader& reader, std::uint64_t bytes) {
  std::string dropped;
  while (bytes > 0) {
    dropped.resize(std::min<std::uint64_t>(bytes, 256 * 1024));
    const auto got = reader.read(dropped);
    if (!got) return tl::unexpected(got.error());
    if (*got < dropped.size()) return true;
    bytes -= *got;
  }
  return true;
}

}  // namespace sluice
