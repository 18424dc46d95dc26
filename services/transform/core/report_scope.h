#pragma once
// Which groups of a report must live in one partition: those whose rows need each other. A plain report's
// rows need nobody; one with totals needs all groups of a total together; a top needs all.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/report.h"

namespace sluice::transform {

class ReportScope {
 public:
  explicit ReportScope(const ReportSpec& report);
  std::int32_t partition_of(std::uint32_t family, std::string_view key,
                            std::int32_t partitions) const;

 private:
  std::string report_;
  bool plain_ = true;
  // Of each family, which of its key's cells choose the partition.
  std::vector<std::vector<std::size_t>> places_;
};

}  // namespace sluice::transform
