#pragma once
// What this process knows of the datasets' generations (common/model/generations.h): their topic, read on from where it
// was left whenever it is looked at.

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/definition/definition.h"
#include "common/model/generations.h"
#include "common/model/topics.h"
#include "common/ports/log.h"

namespace sluice {

class GenerationsWatch {
 public:
  // Both outlive it.
  GenerationsWatch(Log& log, const Topics& topics) : log_(log), topics_(topics) {}

  // Reads what is new, to the topic's true end. The topic is there. Throws TaskBroken while the broker is away, Unsafe
  // where a message cannot be read. One thread at a time.
  void look();

  // Any thread, as of the last look.
  GenerationsByDataset all() const;
  std::optional<DatasetGenerations> find(const std::string& dataset) const;
  KnownGenerations known(const std::string& dataset) const;

 private:
  Log& log_;
  const Topics& topics_;
  std::unique_ptr<LogReader> reader_;
  std::int64_t next_ = 0;
  mutable std::mutex mutex_;
  GenerationsByDataset known_;
};

// For a service that works for all generations of a dataset: Unsafe, with what to do, if its records were made by a
// definition whose reports cannot be rebuilt into those of this one. Of a dataset without generations the same as
// check_definition_is_transforms().
void check_definition_fits(Log& log, const Topics& topics, const GenerationsWatch& generations,
                           const Dataset& dataset);

}  // namespace sluice
