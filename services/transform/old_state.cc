#include "services/transform/old_state.h"

#include <vector>

namespace sluice::transform {
namespace {

std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> out(1);
  for (const char c : name) {
    if (c == '-') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

std::optional<int> number(const std::string& digits) {
  if (digits.empty() || digits.size() > 8 || digits.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return std::stoi(digits);
}

}  // namespace

std::optional<PipelineId> owner_of_store(const std::string& name) {
  // The names of datasets have no '-'.
  std::vector<std::string> words = words_of(name);
  int generation = 1;
  if (words.size() == 4 && words[1].starts_with('g')) {
    const auto found = number(words[1].substr(1));
    if (!found || *found < 2) return std::nullopt;
    generation = *found;
    words.erase(words.begin() + 1);
  }
  if (words.size() != 3 || words[0].empty() || !number(words[2])) return std::nullopt;
  if (words[1] != "stage1" && words[1] != "entities" && words[1] != "stage2") return std::nullopt;
  return PipelineId{words[0], generation};
}

void remove_old_state(const std::filesystem::path& folder, const GenerationsByDataset& known,
                      const std::set<PipelineId>& running) {
  if (!std::filesystem::exists(folder)) return;
  std::vector<std::filesystem::path> old;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto owner = owner_of_store(entry.path().filename().string());
    if (!owner || running.contains(*owner)) continue;
    const auto found = known.find(owner->first);
    if (found == known.end()) continue;
    const KnownGenerations generations = known_of(found->second);
    if (owner->second != generations.live && owner->second != generations.building) old.push_back(entry.path());
  }
  for (const auto& path : old) std::filesystem::remove_all(path);
}

}  // namespace sluice::transform
