#pragma once
// The changes of one transaction, summed up per group of each report before they leave the task.

#include <cstdint>
#include <string>
#include <vector>

#include "common/model/delta_frame.h"
#include "services/transform/core/contribution.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

class GroupDeltas {
 public:
  // The dataset and the projection outlive this.
  GroupDeltas(const Dataset& dataset, const Projection& projection);

  // A record that now counts, or that no longer does, in every report.
  void add(const Projection::Columns& record, bool take_back);
  // The earliest end of the windows it falls in; nullopt if no report has one.
  std::optional<Instant> first_window_end(const Projection::Columns& record);

  // The frames for each partition, in byte order of the groups; groups whose changes cancelled out
  // are left out. Empties this.
  std::vector<std::vector<std::string>> take_frames(std::int32_t partitions, const FrameHead& head);
  void clear();
  std::size_t bytes() const { return bytes_; }

 private:
  struct Delta {
    std::int64_t rows = 0;
    Accumulators change;
  };
  struct Report {
    Contribution contribution;
    StringMap<Delta> groups;
  };
  std::vector<Report> reports_;
  std::string group_;  // scratch
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
