#pragma once
// What both stages are made of. Everything outlives the task; the dataset is shared with it.

#include <functional>
#include <memory>

#include "common/base/clock.h"
#include "common/definition/definition.h"
#include "common/model/generations.h"
#include "common/model/topics.h"
#include "common/ports/log.h"
#include "common/ports/state_store.h"
#include "common/ports/watermarks.h"
#include "services/transform/core/transform_events.h"

namespace sluice::transform {

// What a task must know beside its own generation, whose number is that of its topics.
struct GenerationParts {
  Beginning from{};
  // Of the dataset, as far as this process has heard; thread-safe and cheap. None: there is but this one.
  std::function<KnownGenerations()> known{};
};

struct TaskParts {
  std::shared_ptr<const Dataset> dataset;
  const Topics& topics;  // of the task's generation
  Log& log;
  StateStores& stores;
  const Clock& clock;
  TransformEvents& events;
  const Watermarks& watermarks;
  std::size_t restore_bytes = 16U << 20;  // that a restore holds back before it writes
  GenerationParts generation{};
};

// "bookings-stage1", of a later generation "bookings-g2-stage1": the kind of task. With "-<partition>" it is the task's
// name and its store's.
std::string stage1_kind(const Topics& topics, const Dataset& dataset);
std::string entities_kind(const Topics& topics, const Dataset& dataset);  // of datasets with has_entities()
std::string stage2_kind(const Topics& topics, const Dataset& dataset);
// How the names of all stores of a dataset's generation begin.
std::string store_prefix(const Topics& topics, std::string_view dataset);
std::string task_name(const std::string& kind, std::int32_t partition);
// The consumer group of a generation's tasks. One per dataset and generation, so that a dataset's pipeline starts, stops
// and rebalances without the others noticing.
std::string group_name(const Topics& topics, const Dataset& dataset);

// Throws Unsafe, with what to do, if the topic has another number of partitions than the dataset says:
// a key's home would move away from its state.
void check_partitions(Log& log, const std::string& topic, const Dataset& dataset);

}  // namespace sluice::transform
