#pragma once
// Readers of archives that stand behind one file and can go on to a later one. A shard reads an archive's
// files in their order; so one pass through the archive, or a few, gives them all, and not one for each.
//
// Thread-safe; what was taken is its taker's alone.

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/adapters/archive/archive_reader.h"

namespace sluice::ingest {

class ArchiveShelf {
 public:
  struct Reader {
    std::unique_ptr<archive::ArchiveReader> files;
    std::uint32_t at = 0;  // the number of the file it gave last
  };
  explicit ArchiveShelf(std::size_t places = 8) : places_(places) {}

  // The one that stands nearest before that file; nullopt: none is here.
  std::optional<Reader> take(const std::string& archive, std::uint32_t entry);
  // The one that was put here longest ago makes room.
  void put(const std::string& archive, Reader reader);
  void drop(const std::string& archive);
  // False: none is here.
  bool drop_oldest();

 private:
  struct Idle {
    std::string archive;
    Reader reader;
  };
  std::size_t places_;
  std::mutex mutex_;
  std::list<Idle> idle_;  // the oldest first
};

}  // namespace sluice::ingest
