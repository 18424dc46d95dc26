#pragma once
// Exports in a folder. Unfinished files lie in <folder>/.unfinished, on the same disk, and come to
// their place by one rename.

#include "services/loader/export_place.h"

namespace sluice::loader {

class FolderPlace final : public ExportPlace {
 public:
  explicit FolderPlace(std::string folder) : folder_(std::move(folder)) {}

  void sweep(const ReportSpec& report, const std::string& unpublished) override;
  std::unique_ptr<ExportFile> begin(const std::string& path) override;
  std::optional<std::uint64_t> size_of(const std::string& path) override;
  std::string shown(const std::string& path) const override;

 private:
  std::string folder_;
};

}  // namespace sluice::loader
