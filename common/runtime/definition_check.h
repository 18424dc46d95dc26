#pragma once
// What a service asks before it works for a dataset: is its definition the one that the dataset's
// state was built by?

#include "common/definition/definition.h"
#include "common/model/topics.h"
#include "common/ports/log.h"

namespace sluice {

// Throws Unsafe, with what to do, if transform has committed anything for the dataset under a
// definition that means something else. Reads the dataset's commit records, which must be a topic
// by now; throws TaskBroken while the broker is away.
void check_definition(Log& log, const Topics& topics, const Dataset& dataset);

// For all but transform, too: Unsafe also where transform has said that it works by another one. Until the first
// record is taken there is nothing that is committed, and a service that starts later reads a file that may have
// been changed since, which those that run have refused.
void check_definition_is_transforms(Log& log, const Topics& topics, const Dataset& dataset);
// Transform says so, before its tasks start.
void tell_definition(Log& log, const Topics& topics, const Dataset& dataset);

// Takes the feeds off that came too late: of reports that look the dataset up, but were not there when it
// took its first records. Such a report would miss those records. Same topic and errors.
void drop_late_feeds(Log& log, const Topics& topics, Dataset& dataset);

}  // namespace sluice
