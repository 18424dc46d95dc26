#pragma once
// What both stages are made of. Everything outlives the task; the dataset is shared with it.

#include <memory>

#include "common/base/clock.h"
#include "common/definition/definition.h"
#include "common/model/topics.h"
#include "common/ports/log.h"
#include "common/ports/state_store.h"
#include "common/ports/watermarks.h"
#include "services/transform/core/transform_events.h"

namespace sluice::transform {

struct TaskParts {
  std::shared_ptr<const Dataset> dataset;
  const Topics& topics;
  Log& log;
  StateStores& stores;
  const Clock& clock;
  TransformEvents& events;
  const Watermarks& watermarks;
  std::size_t restore_bytes = 16U << 20;  // that a restore holds back before it writes
};

// "bookings-stage1": the kind of task. With "-<partition>" it is the task's name and its store's.
std::string stage1_kind(const Dataset& dataset);
std::string entities_kind(const Dataset& dataset);  // of datasets with has_entities()
std::string stage2_kind(const Dataset& dataset);
std::string task_name(const std::string& kind, std::int32_t partition);
// The consumer group of a dataset's tasks. One per dataset, so that a dataset's pipeline starts, stops
// and rebalances without the others noticing.
std::string group_name(const Topics& topics, const Dataset& dataset);

// Throws Unsafe, with what to do, if the topic has another number of partitions than the dataset says:
// a key's home would move away from its state.
void check_partitions(Log& log, const std::string& topic, const Dataset& dataset);

}  // namespace sluice::transform
