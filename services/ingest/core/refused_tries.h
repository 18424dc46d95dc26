#pragma once
// How often a file that may not be read is tried, and when: a right that was just granted takes a moment
// to be known everywhere, and one that is not granted would be asked for for ever. Pure.

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

namespace sluice::ingest {

struct RefusedTries {
  int most = 8;  // within about a minute
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{60'000};

  // After this many refused tries. nullopt: that was the last one.
  std::optional<std::chrono::milliseconds> pause_after(int refused) const {
    if (refused >= most) return std::nullopt;
    const auto doubled = first * (std::int64_t{1} << std::clamp(refused - 1, 0, 20));
    return std::min(doubled, longest);
  }
};

// The reason in the receipt.
inline std::string refused_for_good(const std::string& why, int refused) {
  return "The file may not be read: " + why + ". It was refused " + std::to_string(refused) +
         (refused == 1 ? " time" : " times") +
         "; once it may be read, put it there anew: a new version is tried anew.";
}

}  // namespace sluice::ingest
