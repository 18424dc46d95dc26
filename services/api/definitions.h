#pragma once
// The definitions on disk, read again when asked; readers on any thread see one whole catalogue.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/api/core/catalogue.h"

namespace sluice::api {

class Definitions {
 public:
  // Reads them once; throws ConfigError if they are wrong.
  explicit Definitions(std::vector<std::string> folders);

  // Reads them again. If they are wrong now, the old ones stay and the reason is returned; empty if
  // all is well. One thread.
  std::string reload();

  std::shared_ptr<const Catalogue> current() const;

 private:
  std::vector<std::string> folders_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Catalogue> current_;
  std::string seen_;  // names, sizes and times of the files behind current_
};

}  // namespace sluice::api
