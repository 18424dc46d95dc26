#pragma once
// The files inside a zip or tar, one after the other, as a stream.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/adapters/archive/handles.h"

namespace sluice::archive {

struct ArchiveEntry {
  std::uint32_t number = 0;  // among the archive's files, from 1
  std::string path;          // inside the archive, without "./"
  std::string refusal;       // why it must not be read, a sentence; empty if it may
};

struct ArchiveLimits {
  UnpackLimits unpack;
  std::uint32_t files = 10'000;
  std::uint32_t headers = 100'000;  // of folders and what is passed over, too
};

class ArchiveReader final : public ByteReader {
 public:
  // `bytes`: a zip or tar that is not compressed as a whole.
  ArchiveReader(std::unique_ptr<ByteReader> bytes, const ArchiveLimits& limits);
  // The next file; folders, and what entry_rules.h passes over, are no files. nullopt: there is none. Error: the
  // archive is damaged, cut off (also between two files), or over its limits. What was not read of the
  // file before is passed over. Throws MemoryBusy.
  Result<std::optional<ArchiveEntry>> next();
  // Of the file at hand, which has no refusal.
  Result<std::size_t> read(std::span<char> into) override;
  // Once next() has said that there is no further one: the numbers of those files of a zip that are links or
  // devices. They are known only now, and what was read of them is no file's content.
  const std::vector<std::uint32_t>& links() const { return links_; }

 private:
  // The last bytes that went by: that is where an archive says that it is whole.
  struct Seen {
    std::string tail;
    std::uint64_t bytes = 0;  // all
  };
  class Tail;
  // Throws what the bytes' reader threw.
  Error error() const;
  Result<bool> check_whole();
  Result<bool> find_links(const std::vector<bool>& in_order);

  std::shared_ptr<Seen> seen_;
  ByteFeed feed_;
  ArchiveHandle archive_;
  bool opened_ = false;
  ArchiveLimits limits_;
  MemoryShare memory_;
  std::uint32_t headers_ = 0;
  std::uint32_t files_ = 0;
  std::vector<std::uint32_t> numbers_;  // of a zip's headers, each's file; 0: none
  std::vector<std::uint32_t> links_;
  std::string encrypted_;  // the last file, if it is
};

}  // namespace sluice::archive
