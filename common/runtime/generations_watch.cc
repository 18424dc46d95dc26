#include "common/runtime/generations_watch.h"

#include "common/base/error.h"
#include "common/definition/definition_parser.h"
#include "common/runtime/definition_check.h"

namespace sluice {

void GenerationsWatch::look() {
  const TopicPartition from{topics_.generations(), 0};
  try {
    if (!reader_) reader_ = log_.reader();
    const std::int64_t end = reader_->end_offset(from);
    if (end <= next_) return;
    GenerationsByDataset read;
    reader_->read(from, next_, end, [&](const LogRecord& message) {
      auto one = generations_from_json(message.value);
      if (!one) {
        throw Unsafe("topic " + from.topic + " holds at offset " + std::to_string(message.offset) +
                     " what this version does not read: " + one.error().message);
      }
      read.insert_or_assign(std::string(message.key), *std::move(one));
    });
    next_ = end;
    const std::lock_guard lock(mutex_);
    for (auto& [dataset, generations] : read) known_.insert_or_assign(dataset, std::move(generations));
  } catch (...) {
    reader_.reset();
    throw;
  }
}

GenerationsByDataset GenerationsWatch::all() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

std::optional<DatasetGenerations> GenerationsWatch::find(const std::string& dataset) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(dataset);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

KnownGenerations GenerationsWatch::known(const std::string& dataset) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(dataset);
  return found == known_.end() ? KnownGenerations{} : known_of(found->second);
}

void check_definition_fits(Log& log, const Topics& topics, const GenerationsWatch& generations,
                           const Dataset& dataset) {
  const auto found = generations.find(dataset.name);
  if (!found) return check_definition_is_transforms(log, topics, dataset);
  if (found->live.fingerprint == dataset.fingerprint) return;
  const auto live = parse_definition(found->live.definition, found->live.path);
  if (live && can_rebuild(*live, dataset)) return;
  throw Unsafe("what dataset '" + dataset.name +
               "' means has changed, and its records and reports are by the old definition. Put that back, or give the "
               "changed one another dataset name and its reports other names");
}

}  // namespace sluice
