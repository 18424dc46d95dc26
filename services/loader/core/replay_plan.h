#pragma once
// What becomes of a replay next. Pure: a function of its row, of what is seen of the pipelines, and of the time. Whoever
// leads does the step; each leaves a row that tells where to go on, so that a crash anywhere is followed by the same.
//
//   queued -> building -> cutting -> comparing -> removing -> done | dropped | failed
//                ^___________|  a cut that does not come through is given up, and tried again

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/model/generations.h"

namespace sluice::loader {

enum class ReplayStage { kQueued, kBuilding, kCutting, kComparing, kRemoving };
std::string to_string(ReplayStage stage);
// Of a text that is none: removing, which harms nothing.
ReplayStage replay_stage(std::string_view text);

struct Replay {
  std::string id;
  std::string dataset;
  bool by_definition = false;  // else somebody asked for it
  ReplayStage stage = ReplayStage::kQueued;
  bool swap = true;
  Beginning from;
  Generation generation;       // what is built; number 0 while queued
  int tries = 0;               // cuts that were given up
  std::string outcome;         // of kRemoving: the state it ends in
  std::chrono::milliseconds in_stage{0};
};

// How far one hop of a generation has read.
struct HopProgress {
  std::string name;  // "records", "deltas", "rows", …
  std::int64_t read = 0;
  std::int64_t of = 0;
  std::int64_t behind() const { return of > read ? of - read : 0; }
};

struct ReplaySeen {
  bool wanted = true;               // by definition: the file still says what is built
  std::vector<HopProgress> live;    // the same hops, in the same order, where they are comparable
  std::vector<HopProgress> building;
  bool held = false;                // both generations' first stages stand at the cut
  bool flushed = false;             // and what they had sent has come to both tables
};

enum class ReplayStep {
  kWait,
  kBegin,    // number the generation, make its topics, build
  kCut,      // write the cut, both stand still behind it
  kGiveUp,   // release both, build on
  kCompare,  // take the difference, then decide
  kDrop,     // the live one stays
  kFail,     // the same, with a reason
  kRemove,   // what the loser leaves
};

// Messages that the new generation may be further behind than the live one when the records are cut: what is between
// them is how long both stand still.
inline constexpr std::int64_t kNearEnough = 2'000;
// How long the live report may stand still for a cut that does not come through, and how often that is tried.
inline constexpr std::chrono::seconds kCutLimit{120};
inline constexpr std::chrono::seconds kCutPause{10};
inline constexpr int kCutTries = 3;
// After the decision every service has heard of it, and has let go of what is removed.
inline constexpr std::chrono::seconds kRemoveAfter{4};

ReplayStep next_step(const Replay& replay, const ReplaySeen& seen);

// Whether the building generation is about as far as the live one.
bool is_near(const ReplaySeen& seen);

// [{"hop":"records","read":17,"of":20},…]
std::string progress_json(const std::vector<HopProgress>& hops);

}  // namespace sluice::loader
