#include "services/transform/core/topology.h"

#include "common/base/check.h"
#include "services/transform/core/stage1_task.h"
#include "services/transform/core/stage2_task.h"

namespace sluice::transform {

TransformTasks::TransformTasks(std::vector<std::shared_ptr<const Dataset>> datasets,
                               const Topics& topics, Log& log, StateStores& stores,
                               const Clock& clock, TransformEvents& events)
    : datasets_(std::move(datasets)),
      topics_(topics),
      log_(log),
      stores_(stores),
      clock_(clock),
      events_(events) {}

std::vector<TaskKind> TransformTasks::kinds() const {
  std::vector<TaskKind> out;
  for (const auto& dataset : datasets_) {
    out.push_back({stage1_kind(*dataset), {topics_.records(dataset->name)}, dataset->partitions});
    out.push_back({stage2_kind(*dataset), {topics_.deltas(dataset->name)}, dataset->partitions});
  }
  return out;
}

std::unique_ptr<Task> TransformTasks::make(const TaskId& id) {
  for (const auto& dataset : datasets_) {
    TaskParts parts{dataset, topics_, log_, stores_, clock_, events_};
    if (id.kind == stage1_kind(*dataset)) {
      return std::make_unique<Stage1Task>(std::move(parts), id.partition);
    }
    if (id.kind == stage2_kind(*dataset)) {
      return std::make_unique<Stage2Task>(std::move(parts), id.partition);
    }
  }
  SLUICE_CHECK(false, "a task is asked for by a kind that kinds() named");
  return nullptr;
}

}  // namespace sluice::transform
