#pragma once
// The definitions on disk, read again when asked; readers on any thread see one whole catalogue.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "services/api/core/catalogue.h"

namespace sluice::api {

class Definitions {
 public:
  // Reads them once. A broken file hides no good one: its reports are missing, reload() says why.
  explicit Definitions(std::vector<std::string> folders);

  // Of each dataset the definition by which its reports are made, as the loader has noted it.
  struct Live {
    std::string fingerprint, path, text;
    bool operator==(const Live&) const = default;
  };
  using LiveDefinitions = std::map<std::string, Live>;

  // Reads them again if a file changed, or what is live (nothing: that is not known now, and stays). Reports are those of
  // the live definition. What a file described stays while that file is wrong, and where nothing live is known while it
  // describes records or reports that the running services do not make: the old tables still stand. The other
  // files are taken as they are. Returns what is wrong, empty if nothing.
  // One thread.
  const std::string& reload(const std::optional<LiveDefinitions>& live = std::nullopt);

  std::shared_ptr<const Catalogue> current() const;

 private:
  std::vector<std::string> folders_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Catalogue> current_;
  std::vector<Dataset> datasets_;  // what current_ was made of
  LiveDefinitions live_;
  std::string stamp_;    // names, sizes and times of the files when they were last read
  std::string trouble_;  // what was wrong with them
};

}  // namespace sluice::api
