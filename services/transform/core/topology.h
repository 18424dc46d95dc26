#pragma once
// The tasks that transform runs for its datasets.

#include <memory>
#include <vector>

#include "common/ports/task.h"
#include "services/transform/core/task_parts.h"

namespace sluice::transform {

// One task of each kind.
std::unique_ptr<Task> make_stage1(TaskParts parts, std::int32_t partition);
std::unique_ptr<Task> make_entities(TaskParts parts, std::int32_t partition);
std::unique_ptr<Task> make_stage2(TaskParts parts, std::int32_t partition);

class TransformTasks final : public TaskFactory {
 public:
  // All but the datasets outlive this and its tasks.
  TransformTasks(std::vector<std::shared_ptr<const Dataset>> datasets, const Topics& topics,
                 Log& log, StateStores& stores, const Clock& clock, TransformEvents& events,
                 const Watermarks& watermarks, GenerationParts generation = {});

  std::vector<TaskKind> kinds() const override;
  std::unique_ptr<Task> make(const TaskId& id) override;

 private:
  std::vector<std::shared_ptr<const Dataset>> datasets_;
  const Topics& topics_;
  Log& log_;
  StateStores& stores_;
  const Clock& clock_;
  TransformEvents& events_;
  const Watermarks& watermarks_;
  GenerationParts generation_;
};

}  // namespace sluice::transform
