#pragma once
// Exports in a bucket. A small object is put at once, a large one goes in parts while it is written
// and appears when they are put together.

#include "common/adapters/s3/client.h"
#include "services/loader/export_place.h"

namespace sluice::loader {

class S3Place final : public ExportPlace {
 public:
  // `prefix` ends with '/'; the client outlives this.
  S3Place(s3::Client& client, std::string bucket, std::string prefix)
      : client_(client), bucket_(std::move(bucket)), prefix_(std::move(prefix)) {}

  void sweep(const ReportSpec& report, const std::string& unpublished) override;
  std::unique_ptr<ExportFile> begin(const std::string& path) override;
  std::optional<std::uint64_t> size_of(const std::string& path) override;
  std::string shown(const std::string& path) const override;

 private:
  s3::Client& client_;
  std::string bucket_, prefix_;
};

}  // namespace sluice::loader
