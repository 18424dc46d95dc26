#pragma once
// How far in event time the files of a dataset reach, and from that its watermark: the moment before which no
// event is expected any more. Files have an end, so a file counts when it is settled and not row by row: rows of
// one file may stand in any order, and none of them is late because of another. After Flink's and the Dataflow
// model's watermarks (Akidau et al., 2015, "The Dataflow Model"), with the file in the place of the punctuation.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/model/file_events.h"

namespace sluice {

// Milliseconds since the epoch where 0 is none, as the messages about files hold them.
inline std::int64_t later_ms(std::int64_t a, std::int64_t b) {
  if (a == 0) return b;
  return b == 0 ? a : std::max(a, b);
}

// What is known of all files, from their ledger entries. Memory: two numbers a dataset, and the ids of the files that are not
// settled. One thread.
class FileProgress {
 public:
  // In the order of the topic `files`; a later one of an id replaces the earlier.
  void take(const FileEntry& entry);
  // Milliseconds since the epoch; nullopt: no file of the dataset has told yet. `idle_ms` (0: never): where no
  // file of it has come for this long and none is waited for, the watermark goes on with the clock, that
  // much behind it.
  std::optional<std::int64_t> watermark_ms(const std::string& dataset, std::int64_t idle_ms, std::int64_t now_ms) const;

 private:
  struct OfDataset {
    std::int64_t reached_ms = 0;   // greatest event time of settled files; 0: none
    std::int64_t finished_ms = 0;  // when the last of them was settled
    std::set<std::string> unsettled;
  };
  std::map<std::string, OfDataset> datasets_;
};

// The same of numbers that a database has summed up.
std::optional<std::int64_t> watermark_ms(std::int64_t reached_ms, std::int64_t finished_ms, bool any_unsettled,
                                         std::int64_t idle_ms, std::int64_t now_ms);

}  // namespace sluice
