#pragma once
// What the loader loads: each target is one topic that becomes one table, and one kind of task.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/topics.h"
#include "services/loader/core/table_plan.h"

namespace sluice::loader {

enum class TargetKind { kRows, kFiles, kDeadLetters, kRecords };

struct Target {
  TargetKind kind = TargetKind::kRows;
  std::string name;  // of the task kind: "rows:monthly", "files", "dead-letters:bookings", …
  std::string topic;
  std::int32_t partitions = 1;
  TablePlan table;
  // Columns that say which of two versions of a row is the later, the most significant first. None:
  // the later message wins.
  std::vector<std::string> version;
  std::string dataset;                        // empty for files
  int generation = 1;                         // of kRows
  const ReportSpec* report = nullptr;         // of kRows
  std::shared_ptr<const Dataset> definition;  // owns what `report` points to; null for files
};

// Reports' rows of a generation, whose number is that of `topics`: those with a sink in Postgres, or a CSV sink, which is
// written from there. The tables are named as those of the live generation.
std::vector<Target> rows_targets(const std::shared_ptr<const Dataset>& dataset, const Topics& topics);
// What is of no generation: the dead letters, and the records where the definition asks for them.
std::vector<Target> record_targets(const std::shared_ptr<const Dataset>& dataset, const Topics& topics);
// Both.
std::vector<Target> targets_of(const std::shared_ptr<const Dataset>& dataset, const Topics& topics);
Target files_target(const Topics& topics, std::int32_t shards);

}  // namespace sluice::loader
