#pragma once
// Reads a whole file once: its SHA-256, and whether it can be a text file of rows at all.

#include <cstdint>
#include <functional>
#include <string>

#include "common/definition/definition.h"
#include "services/ingest/core/file_source.h"

namespace sluice::ingest {

struct Fingerprint {
  std::string sha256;  // empty if there is an error
  std::string error;   // a plain sentence
  std::uint64_t bytes = 0;
  bool stopped = false;  // `keep_going` said no; nothing else counts
};

inline constexpr std::size_t kLongestLine = std::size_t{4} << 20;

// Refuses an empty file, NUL bytes (but in UTF-16), a line longer than kLongestLine (but where a row need not
// be a line), and what cannot be read. `dataset`: the one that takes the file, null if there is none.
// Constant memory. SourceAway passes through.
Fingerprint fingerprint(FileReader& file, const Dataset* dataset,
                        const std::function<bool()>& keep_going);

}  // namespace sluice::ingest
