#pragma once
// Where a task stands: the commit record in the log (the truth) and the position of its local state
// (may lag, never leads). Shared by both stages.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/definition/definition.h"
#include "common/model/commit_record.h"
#include "common/ports/log.h"

namespace sluice::transform {

// What a StateStore keeps beside its data.
struct LocalPosition {
  std::int64_t next = 0;          // offset of the replayed topic up to which the state holds all
  std::uint64_t transaction = 0;  // of the newest commit in it
  std::string fingerprint;
  std::int64_t written_ms = 0;  // wall clock
};
std::string to_json(const LocalPosition& position);
// nullopt for an empty or foreign text: the store holds nothing usable.
std::optional<LocalPosition> local_position_from_json(std::string_view json);

// The input offset a task goes on from: the commit record's, or the topic's first. Unsafe if the log
// no longer has it.
std::int64_t committed_input(const CommitChain& chain, LogReader& reader,
                             const TopicPartition& input);

}  // namespace sluice::transform
