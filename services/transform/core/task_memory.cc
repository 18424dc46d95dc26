#include "services/transform/core/task_memory.h"

#include <nlohmann/json.hpp>

#include "common/base/error.h"

namespace sluice::transform {

std::string to_json(const LocalPosition& position) {
  nlohmann::ordered_json json{{"format", 1},
                              {"next", position.next},
                              {"transaction", position.transaction},
                              {"fingerprint", position.fingerprint},
                              {"written_ms", position.written_ms}};
  return json.dump();
}

std::optional<LocalPosition> local_position_from_json(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object() || parsed.value("format", 0) != 1) return std::nullopt;
  LocalPosition position;
  position.next = parsed.value("next", std::int64_t{0});
  position.transaction = parsed.value("transaction", std::uint64_t{0});
  position.fingerprint = parsed.value("fingerprint", std::string{});
  position.written_ms = parsed.value("written_ms", std::int64_t{0});
  return position;
}

std::int64_t committed_input(const CommitChain& chain, LogReader& reader,
                             const TopicPartition& input) {
  const std::int64_t begin = reader.begin_offset(input);
  if (chain.empty()) return begin;
  const auto found = chain.last().inputs.find(input.topic);
  if (found == chain.last().inputs.end()) {
    throw Unsafe("the commit record of " + chain.last().task + " names no position of topic " +
                 input.topic + "; it was written by another program");
  }
  const std::int64_t end = reader.end_offset(input);
  if (found->second > end || found->second < begin) {
    throw Unsafe("position " + std::to_string(found->second) + " of " + chain.last().task +
                 " is not in topic " + input.topic + ", partition " +
                 std::to_string(input.partition) + ", which holds offsets " +
                 std::to_string(begin) + " to " + std::to_string(end) +
                 ": the topic lost messages or was made anew. Restore it, or load the dataset "
                 "under another name and with other report names");
  }
  return found->second;
}

}  // namespace sluice::transform
