#include "services/loader/core/replay_plan.h"

#include <algorithm>
#include <array>

namespace sluice::loader {
namespace {

constexpr std::array<std::pair<ReplayStage, std::string_view>, 5> kStages = {{
    {ReplayStage::kQueued, "queued"},
    {ReplayStage::kBuilding, "building"},
    {ReplayStage::kCutting, "cutting"},
    {ReplayStage::kComparing, "comparing"},
    {ReplayStage::kRemoving, "removing"},
}};

}  // namespace

std::string to_string(ReplayStage stage) {
  const auto found = std::ranges::find(kStages, stage, [](const auto& s) { return s.first; });
  return std::string(found->second);
}

ReplayStage replay_stage(std::string_view text) {
  const auto found = std::ranges::find(kStages, text, [](const auto& s) { return s.second; });
  return found == kStages.end() ? ReplayStage::kRemoving : found->first;
}

bool is_near(const ReplaySeen& seen) {
  if (seen.building.empty()) return false;
  for (const HopProgress& hop : seen.building) {
    const auto live = std::ranges::find(seen.live, hop.name, &HopProgress::name);
    const std::int64_t lives = live == seen.live.end() ? 0 : live->behind();
    if (hop.behind() > lives + kNearEnough) return false;
  }
  return true;
}

ReplayStep next_step(const Replay& replay, const ReplaySeen& seen) {
  if (replay.stage == ReplayStage::kRemoving) {
    return replay.in_stage >= kRemoveAfter ? ReplayStep::kRemove : ReplayStep::kWait;
  }
  if (!seen.wanted) return ReplayStep::kDrop;
  switch (replay.stage) {
    case ReplayStage::kQueued:
      return ReplayStep::kBegin;
    case ReplayStage::kBuilding:
      if (replay.tries >= kCutTries) return ReplayStep::kFail;
      // After a cut that was given up both go on for a while first.
      if (replay.tries > 0 && replay.in_stage < kCutPause) return ReplayStep::kWait;
      return is_near(seen) ? ReplayStep::kCut : ReplayStep::kWait;
    case ReplayStage::kCutting:
      if (seen.held && seen.flushed) return ReplayStep::kCompare;
      return replay.in_stage >= kCutLimit ? ReplayStep::kGiveUp : ReplayStep::kWait;
    case ReplayStage::kComparing:
      return ReplayStep::kCompare;
    case ReplayStage::kRemoving:
      break;
  }
  return ReplayStep::kWait;
}

std::string progress_json(const std::vector<HopProgress>& hops) {
  std::string out = "[";
  for (const HopProgress& hop : hops) {
    if (out.size() > 1) out += ',';
    out += R"({"hop":")" + hop.name + R"(","read":)" + std::to_string(hop.read) + R"(,"of":)" +
           std::to_string(hop.of) + "}";
  }
  return out + "]";
}

}  // namespace sluice::loader
