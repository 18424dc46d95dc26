#pragma once
// The files inside a zip or tar, one after the other, as a stream.

#include <cstdint>
#include <optional>
#include <string>

#include "common/adapters/archive/handles.h"

namespace sluice::archive {

struct ArchiveEntry {
  std::uint32_t index = 0;  // among the archive's files, from 0
  std::string path;         // inside the archive
};

class ArchiveReader final : public ByteReader {
 public:
  // `bytes`: a zip or tar that is not compressed as a whole.
  ArchiveReader(std::unique_ptr<ByteReader> bytes, const UnpackLimits& limits);
  // The next regular file; folders, links and devices are passed over. nullopt: there is none. Error: the
  // archive is damaged, cut off (also between two files), or the file is encrypted.
  Result<std::optional<ArchiveEntry>> next();
  // Of the file at hand.
  Result<std::size_t> read(std::span<char> into) override;

 private:
  // Remembers the last bytes that went by: that is where an archive says that it is whole.
  class Tail;
  Error error() const;
  Result<bool> check_whole() const;

  std::shared_ptr<std::string> tail_;
  ByteFeed feed_;
  ArchiveHandle archive_;
  bool opened_ = false;
  std::uint32_t headers_ = 0;
  std::uint32_t files_ = 0;
};

}  // namespace sluice::archive
