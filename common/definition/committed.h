#pragma once
// Whether what a commit record tells was made by this definition.

#include "common/definition/definition.h"
#include "common/model/commit_record.h"

namespace sluice {

// Refuses (Unsafe) state that another definition or another number of partitions has made; says what
// to do.
void check_committed(const CommitRecord& last, const Dataset& dataset);

}  // namespace sluice
