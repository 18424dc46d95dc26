#pragma once
// Writes sample files to a folder on disk; those whose names end in .gz are compressed.

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>

namespace sluice::samples {

class DiskFolder {
 public:
  explicit DiskFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Ends the file before and begins this one; folders in its name are made. Names are printed. Throws
  // std::runtime_error if the file before could not be written whole. The stream lives until the next call.
  std::ostream& open(const std::string& name);
  // Ends the last file; throws as open does.
  void finish();

 private:
  std::filesystem::path folder_, path_;
  std::unique_ptr<std::streambuf> buffer_;
  std::unique_ptr<std::ostream> stream_;
};

}  // namespace sluice::samples
