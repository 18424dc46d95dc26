#pragma once
// What the records of one transaction of stage 1 give: deltas of groups for the reports that are made of
// single records, and rows of entities for those that are made of all records of an entity, the dataset's
// own and those of datasets that look its records up.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/definition/definition.h"
#include "services/transform/core/entity_rows.h"
#include "services/transform/core/group_deltas.h"
#include "services/transform/core/projection.h"

namespace sluice::transform {

class RecordContributions {
 public:
  // The dataset and the projection outlive this.
  RecordContributions(const Dataset& dataset, const Projection& projection);

  // A record that now counts, or that no longer does, in every report.
  void add(const Projection::Columns& record, bool take_back);

  // The frames for each partition of the topic of deltas. Empties it.
  std::vector<std::vector<std::string>> take_groups(const FrameHead& head);
  // The same for each topic of entities, by the dataset it belongs to.
  std::vector<std::pair<std::string, std::vector<std::vector<std::string>>>> take_entities(
      const FrameHead& head);
  // The datasets to whose entities something may go.
  std::vector<std::string> targets() const;
  void clear();
  std::size_t bytes() const;

 private:
  void add_exploded(std::size_t source, const Projection::Columns& record, std::int64_t weight);

  const Dataset& dataset_;
  const Projection& projection_;
  std::vector<const ReportSpec*> reports_;  // of single records
  GroupDeltas groups_;
  std::vector<EntityRows> entities_;
};

}  // namespace sluice::transform
