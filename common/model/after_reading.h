#pragma once
// What becomes of an object of a bucket once its receipt stands. Settings and definitions say it.

#include <optional>
#include <string_view>
#include <utility>

namespace sluice {

// Moved: below archive/ or failed/ of its bucket.
enum class AfterReading { kKeep, kMove, kTag, kDelete };

inline constexpr std::pair<AfterReading, std::string_view> kAfterReading[] = {
    {AfterReading::kKeep, "keep"},
    {AfterReading::kMove, "move"},
    {AfterReading::kTag, "tag"},
    {AfterReading::kDelete, "delete"},
};

// nullopt for any other text.
inline std::optional<AfterReading> parse_after_reading(std::string_view text) {
  for (const auto& [value, name] : kAfterReading) {
    if (name == text) return value;
  }
  return std::nullopt;
}

inline std::string_view to_string(AfterReading after) {
  for (const auto& [value, name] : kAfterReading) {
    if (value == after) return name;
  }
  return "keep";
}

}  // namespace sluice
