#pragma once
// What generations of a dataset that are no more leave on a disk: the folders of their tasks' state.

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "services/transform/core/definition_changes.h"

namespace sluice::transform {

// Whose a folder is by its name, "bookings-g2-stage1-0"; nullopt: no task's.
std::optional<PipelineId> owner_of_store(const std::string& name);

// Removes those of datasets that are known to have other generations than theirs, unless they run here. Throws
// std::filesystem::filesystem_error.
void remove_old_state(const std::filesystem::path& folder, const GenerationsByDataset& known,
                      const std::set<PipelineId>& running);

}  // namespace sluice::transform
