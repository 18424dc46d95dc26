#pragma once
// Stage 2's fold: deltas into groups, changed groups into rows of the reports. A plain report's row hangs
// on its group alone; where rows refer to totals, a changed total changes all rows that refer to it; a
// top's rows are its first groups in order.

#include <memory>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/topics.h"
#include "services/transform/core/fold.h"
#include "services/transform/core/group_table.h"
#include "services/transform/core/top_list.h"

namespace sluice::transform {

class GroupFold final : public Fold {
 public:
  // The dataset outlives this. Rows go to `partition` of the reports' topics.
  GroupFold(const Dataset& dataset, const Topics& topics, std::int32_t partition);

  void load(const StateStore& store) override;
  void apply(const std::vector<Delta>& deltas, const StateStore& store) override;
  Outcome outcome(const Transaction& transaction, const StateStore& store) override;
  void settle() override;
  std::size_t bytes() const override;

 private:
  struct Report {
    std::string topic;
    std::unique_ptr<GroupTable> groups;
    std::unique_ptr<TopList> top;
  };
  using Values = AggregateValues;
  Report& report_named(std::string_view name);
  void plain_rows(Report& report, const std::vector<const GroupTable::Group*>& changes,
                  const Transaction& transaction, Outcome& out);
  void rows_with_totals(Report& report, const std::vector<const GroupTable::Group*>& changes,
                        const StateStore& store, const Transaction& transaction, Outcome& out);
  // Makes the report's list anew from every group that stands.
  void rank_all(Report& report, const StateStore& store);
  void top_rows(Report& report, const std::vector<const GroupTable::Group*>& changes,
                const StateStore& store, const Transaction& transaction, Outcome& out);
  // The row's context as it was before the transaction, or as it is.
  std::vector<Cell> context_of(Report& report, std::string_view key, const Values& own, bool before,
                               const StateStore& store);
  void put_row(Report& report, RowJson row, const Transaction& transaction, Outcome& out) const;
  void drop_row(Report& report, std::string key, Outcome& out) const;

  std::int32_t partition_;
  // A later generation's rows have greater revisions, although it counts its transactions from 1.
  std::uint64_t revision_base_;
  std::vector<Report> reports_;
  Evaluator evaluator_;
  std::vector<Values> old_values_;  // of totals that context_of() decoded
};

}  // namespace sluice::transform
