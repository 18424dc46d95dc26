#include "services/transform/core/task_parts.h"

#include "common/base/error.h"

namespace sluice::transform {

std::string store_prefix(const Topics& topics, std::string_view dataset) {
  const std::string name(dataset);
  return topics.generation() == 1 ? name + "-" : name + "-g" + std::to_string(topics.generation()) + "-";
}

std::string stage1_kind(const Topics& topics, const Dataset& dataset) {
  return store_prefix(topics, dataset.name) + "stage1";
}
std::string entities_kind(const Topics& topics, const Dataset& dataset) {
  return store_prefix(topics, dataset.name) + "entities";
}
std::string stage2_kind(const Topics& topics, const Dataset& dataset) {
  return store_prefix(topics, dataset.name) + "stage2";
}

std::string task_name(const std::string& kind, std::int32_t partition) {
  return kind + "-" + std::to_string(partition);
}

std::string group_name(const Topics& topics, const Dataset& dataset) {
  return topics.transform_group(dataset.name);
}

void check_partitions(Log& log, const std::string& topic, const Dataset& dataset) {
  const std::int32_t found = log.partition_count(topic);
  if (found == dataset.partitions) return;
  throw Unsafe("topic " + topic + " has " + std::to_string(found) + " partitions, but dataset '" +
               dataset.name + "' was started with " + std::to_string(dataset.partitions) +
               ": its keys would no longer find their state. Put the number back in the "
               "definition, or load the dataset under another name and with other report names");
}

}  // namespace sluice::transform
