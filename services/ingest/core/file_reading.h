#pragma once
// One file on its way to records: bytes are read and split into blocks of whole rows on the
// caller's thread, the blocks are parsed and validated on the pool, and their results are taken in
// the file's order. Memory is bounded by the blocks ahead, whatever the size of the file.

#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/model/dead_letter.h"
#include "common/model/file_events.h"
#include "services/ingest/core/file_source.h"
#include "services/ingest/core/parse_pool.h"

namespace sluice::ingest {

// A valid row as it goes to the records topic.
struct ParsedRecord {
  std::string_view key;  // views into the block's bytes
  std::string_view value;
  std::string_view origin;  // of a retried row: its own, which is its dead letter's id; else empty
  std::optional<std::int64_t> timestamp_ms;  // the event time
  std::uint64_t line = 0;
};

// The result of one block. Movable; the views stay good.
struct ParsedBlock {
  std::unique_ptr<std::string> bytes = std::make_unique<std::string>();
  std::vector<ParsedRecord> records;
  std::vector<DeadLetter> letters;  // of a retried row whole, else without what its file says
  std::uint64_t rows = 0;
  // Where the file goes on behind this block.
  std::uint64_t next_byte = 0;
  std::uint64_t next_line = 1;
};

struct ReadLimits {
  std::size_t block_bytes = 256 * 1024;
  std::size_t blocks_ahead = 4;
};

class FileReading {
 public:
  // Opens the file and checks its header and path; `entry` says where to go on. An Error is a sentence for
  // the file's receipt. `source` and `pool` outlive the object.
  static Result<std::unique_ptr<FileReading>> open(FileSource& source, ParsePool& pool,
                                                   std::shared_ptr<const Dataset> dataset,
                                                   const FileEntry& entry, ReadLimits limits);
  virtual ~FileReading() = default;
  // The next block in the file's order; nullopt behind the last row.
  virtual Result<std::optional<ParsedBlock>> next() = 0;
  virtual const Dataset& dataset() const = 0;
  // What a row of this file needs to be read once more; of a retry each row has its own.
  virtual const std::string& context() const = 0;
  // Whether ParsedBlock::next_byte counts the file's own bytes; else those of its text in UTF-8.
  virtual bool counts_files_bytes() const = 0;
};

}  // namespace sluice::ingest
