#pragma once
// Where an export's files go. A file is written on as its bytes come and is seen by nobody before
// publish(), which makes it whole in the place of the one before. One thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/definition/report.h"

namespace sluice::loader {

// Trying again changes nothing; what failed otherwise may be tried again.
class ExportRefused : public TaskBroken {
 public:
  using TaskBroken::TaskBroken;
};

class ExportFile {
 public:
  virtual ~ExportFile() = default;  // without publish(): nothing is left of it
  virtual void write(std::string_view bytes) = 0;
  // Once, before publish(): what may take long, so that publish() does not.
  virtual void finish() {}
  virtual void publish() = 0;
};

class ExportPlace {
 public:
  virtual ~ExportPlace() = default;
  // Removes what exports of the report that ended before their time have left. Only while no other
  // runs. `unpublished`: the path of a hist file that one meant to write.
  virtual void sweep(const ReportSpec& report, const std::string& unpublished) = 0;
  // `path` is below the place.
  virtual std::unique_ptr<ExportFile> begin(const std::string& path) = 0;
  // Nothing: there is no such file.
  virtual std::optional<std::uint64_t> size_of(const std::string& path) = 0;
  // As a person finds it.
  virtual std::string shown(const std::string& path) const = 0;
};

}  // namespace sluice::loader
