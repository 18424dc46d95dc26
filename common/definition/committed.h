#pragma once
// Whether what a commit record tells was made by this definition.

#include <string>

#include "common/definition/definition.h"
#include "common/model/commit_record.h"

namespace sluice {

// Refuses (Unsafe) state that another definition or another number of partitions has made; says what
// to do.
void check_committed(const CommitRecord& last, const Dataset& dataset);

// The sentence for a dataset whose definition came to mean something else while it runs, and whose reports cannot be
// built anew from the records that there are.
std::string changed_while_it_runs(const Dataset& changed);
// And where they can: it is done, or about to be.
std::string rebuilt_by_itself(const Dataset& changed);

}  // namespace sluice
