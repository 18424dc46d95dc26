#include "services/transform/core/topology.h"

#include "common/base/check.h"
#include "services/transform/core/entity_fold.h"
#include "services/transform/core/fold_task.h"
#include "services/transform/core/group_fold.h"
#include "services/transform/core/stage1_task.h"

namespace sluice::transform {

std::unique_ptr<Task> make_stage1(TaskParts parts, std::int32_t partition) {
  return std::make_unique<Stage1Task>(std::move(parts), partition);
}

std::unique_ptr<Task> make_entities(TaskParts parts, std::int32_t partition) {
  const Dataset& dataset = *parts.dataset;
  FoldPlace place{entities_kind(parts.topics, dataset), parts.topics.entities(dataset.name),
                  parts.topics.entity_state(dataset.name),
                  all_partitions(parts.topics.deltas(dataset.name), dataset.partitions),
                  "entities"};
  auto fold = std::make_unique<EntityFold>(dataset, parts.topics);
  return std::make_unique<FoldTask>(std::move(parts), std::move(place), std::move(fold), partition);
}

std::unique_ptr<Task> make_stage2(TaskParts parts, std::int32_t partition) {
  const Dataset& dataset = *parts.dataset;
  std::vector<TopicPartition> outputs;
  for (const ReportSpec& report : dataset.reports) {
    outputs.push_back({parts.topics.rows(report.name), partition});
  }
  FoldPlace place{stage2_kind(parts.topics, dataset), parts.topics.deltas(dataset.name),
                  parts.topics.state(dataset.name), std::move(outputs), "stage2"};
  auto fold = std::make_unique<GroupFold>(dataset, parts.topics, partition);
  return std::make_unique<FoldTask>(std::move(parts), std::move(place), std::move(fold), partition);
}

TransformTasks::TransformTasks(std::vector<std::shared_ptr<const Dataset>> datasets,
                               const Topics& topics, Log& log, StateStores& stores,
                               const Clock& clock, TransformEvents& events,
                               const Watermarks& watermarks, GenerationParts generation)
    : datasets_(std::move(datasets)),
      topics_(topics),
      log_(log),
      stores_(stores),
      clock_(clock),
      events_(events),
      watermarks_(watermarks),
      generation_(std::move(generation)) {}

std::vector<TaskKind> TransformTasks::kinds() const {
  std::vector<TaskKind> out;
  for (const auto& dataset : datasets_) {
    out.push_back({stage1_kind(topics_, *dataset), {topics_.records(dataset->name)}, dataset->partitions});
    if (has_entities(*dataset)) {
      out.push_back(
          {entities_kind(topics_, *dataset), {topics_.entities(dataset->name)}, dataset->partitions});
    }
    out.push_back({stage2_kind(topics_, *dataset), {topics_.deltas(dataset->name)}, dataset->partitions});
  }
  return out;
}

std::unique_ptr<Task> TransformTasks::make(const TaskId& id) {
  for (const auto& dataset : datasets_) {
    TaskParts parts{dataset, topics_, log_, stores_, clock_, events_, watermarks_};
    parts.generation = generation_;
    if (id.kind == stage1_kind(topics_, *dataset)) return make_stage1(std::move(parts), id.partition);
    if (id.kind == entities_kind(topics_, *dataset)) return make_entities(std::move(parts), id.partition);
    if (id.kind == stage2_kind(topics_, *dataset)) return make_stage2(std::move(parts), id.partition);
  }
  SLUICE_CHECK(false, "a task is asked for by a kind that kinds() named");
  return nullptr;
}

}  // namespace sluice::transform
