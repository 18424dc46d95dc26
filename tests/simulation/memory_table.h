#pragma once
// The report's table as a loader keeps it: rows and the position up to which the topic was read change
// together, an older revision never wins. Holds the pipeline to its promises as it goes: offsets and
// revisions only grow.

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/ports/log.h"

namespace sluice::testing {

class MemoryTable {
 public:
  std::int64_t position(std::int32_t partition) const {
    const auto found = positions_.find(partition);
    return found == positions_.end() ? 0 : found->second;
  }

  void load(std::int32_t partition, std::span<const LogRecord> records, std::int64_t next) {
    for (const LogRecord& record : records) {
      const std::string key(record.key);
      if (record.tombstone) {
        rows_.erase(key);
        continue;
      }
      const auto row = nlohmann::json::parse(record.value);
      const std::uint64_t revision = row.at("_revision");
      std::uint64_t& newest = revisions_[key];
      if (revision <= newest) throw std::runtime_error("the revision of " + key + " does not grow");
      newest = revision;
      rows_[key] = row;
    }
    positions_[partition] = next;
  }

  const std::map<std::string, nlohmann::json>& rows() const { return rows_; }

 private:
  std::map<std::string, nlohmann::json> rows_;
  std::map<std::string, std::uint64_t> revisions_;
  std::map<std::int32_t, std::int64_t> positions_;
};

}  // namespace sluice::testing
