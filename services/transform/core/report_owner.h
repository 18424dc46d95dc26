#pragma once
// A report belongs to the dataset that makes its rows: its topic and its table are named by the report
// alone. Another dataset that defines a report of that name would mix its rows with those that are there.

#include "common/definition/definition.h"
#include "common/model/topics.h"
#include "common/ports/log.h"

namespace sluice::transform {

// Unsafe, with what to do, if a report of the dataset has rows that the dataset has not made. To be asked
// before its tasks start; its topics are there. Waits for no open transaction: its tasks may have to end it.
void check_reports_are_its_own(Log& log, const Topics& topics, const Dataset& dataset);

}  // namespace sluice::transform
