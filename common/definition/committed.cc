#include "common/definition/committed.h"

#include "common/base/error.h"

namespace sluice {

void check_committed(const CommitRecord& last, const Dataset& dataset) {
  if (last.partitions != dataset.partitions) {
    throw Unsafe("dataset '" + dataset.name + "' has state in " + std::to_string(last.partitions) +
                 " partitions, but " + dataset.path + " now says " +
                 std::to_string(dataset.partitions) +
                 ". Put the number back, or load the dataset under another name and with other report names");
  }
  if (last.fingerprint != dataset.fingerprint) {
    throw Unsafe("the definition of dataset '" + dataset.name + "' in " + dataset.path +
                 " has changed what its records or reports mean, and the state was built by the "
                 "old one. Put the old definition back, or give the changed one another dataset "
                 "name and load the files again");
  }
}

std::string changed_while_it_runs(const Dataset& changed) {
  return changed.path + ": what dataset '" + changed.name +
         "' means has changed while it runs; the old definition stays in force. Put it back, or give "
         "the changed one another dataset name and its reports other names";
}

std::string rebuilt_by_itself(const Dataset& changed) {
  return changed.path + ": what the reports of dataset '" + changed.name +
         "' mean has changed; they are rebuilt beside the old ones, which stand until then (./sluice replay)";
}

}  // namespace sluice
