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
  // Reads them once. A broken file hides no good one: its reports are missing, reload() says why.
  explicit Definitions(std::vector<std::string> folders);

  // Reads them again if a file changed. While one of them is wrong the catalogue stays as it was:
  // the tables of what it described still stand. Returns what is wrong, empty if nothing. One
  // thread.
  const std::string& reload();

  std::shared_ptr<const Catalogue> current() const;

 private:
  std::vector<std::string> folders_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Catalogue> current_;
  std::string stamp_;    // names, sizes and times of the files when they were last read
  std::string trouble_;  // what was wrong with them
};

}  // namespace sluice::api
