#pragma once
// Which objects of which buckets are sources, and what becomes of them. Pure.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/settings.h"
#include "common/definition/definition.h"

namespace sluice::ingest {

struct S3Target {
  std::string bucket;
  std::string prefix;
  AfterReading after = AfterReading::kKeep;
  std::shared_ptr<const Dataset> dataset;  // null: any that takes the object's name
};

class S3Targets {
 public:
  // The installation's own bucket, and what the definitions say.
  S3Targets(const S3Settings& settings,
            const std::vector<std::shared_ptr<const Dataset>>& datasets);

  // The target of an object: of those whose prefix it has (and whose dataset takes its name) the one
  // with the longest prefix. Null: it is no source. Never what was moved to archive/ or failed/, a
  // "folder" (a key that ends with '/'), or a temporary name.
  const S3Target* of(std::string_view bucket, std::string_view key) const;
  // What to list: bucket and prefix, each once, none below another.
  std::vector<std::pair<std::string, std::string>> listings() const;
  bool empty() const { return targets_.empty(); }

 private:
  std::vector<S3Target> targets_;
};

inline constexpr std::string_view kArchivePrefix = "archive/";
inline constexpr std::string_view kFailedPrefix = "failed/";

// Objects that an event names, as bucket and key.
using HintedObjects = std::vector<std::pair<std::string, std::string>>;
// The body of an event: AWS's records (keys encoded), EventBridge's detail, or SeaweedFS's webhook.
// nullopt: no JSON object. Empty: an event that names no object, such as a test.
std::optional<HintedObjects> parse_hint(std::string_view body);

}  // namespace sluice::ingest
