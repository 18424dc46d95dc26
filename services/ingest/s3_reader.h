#pragma once
// Reads one version of an object from a byte on, in parts, the next one on its way while the one
// before is taken: memory holds two parts, whatever the object's size. Small objects are kept for
// the reader that comes after the first (an object is read twice: for its fingerprint, then for its
// rows), so that many of them cost one round trip each.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/adapters/s3/client.h"
#include "services/ingest/core/file_source.h"

namespace sluice::ingest {

// The latest small objects, within a bound. Thread-safe.
class SmallObjects {
 public:
  explicit SmallObjects(std::size_t bytes = std::size_t{32} << 20) : bound_(bytes) {}
  // The oldest go as new ones come; one larger than kLargest is not kept.
  void put(const std::string& version, std::shared_ptr<const std::string> bytes);
  std::shared_ptr<const std::string> get(const std::string& version) const;

  static constexpr std::size_t kLargest = std::size_t{1} << 20;

 private:
  std::size_t bound_;
  std::size_t held_ = 0;
  mutable std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<const std::string>>> order_;
  std::map<std::string, std::shared_ptr<const std::string>> by_version_;
};

// `client` and `small` outlive the reader; `file` is an announcement or sighting of the source "s3".
std::unique_ptr<FileReader> read_object(s3::Client& client, SmallObjects& small,
                                        const Announcement& file, std::uint64_t from_byte);

}  // namespace sluice::ingest
