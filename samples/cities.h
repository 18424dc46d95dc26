#pragma once
// Where the users of the sample scooters ride. Shared, for events are looked up with the weather of their city.

#include <array>
#include <cstdint>

namespace sluice::samples {

constexpr const char* kFirstDay = "2019-05-13T00:00:00Z";
constexpr std::uint64_t kWeekSeconds = std::uint64_t{7} * 24 * 3600;

constexpr std::array<const char*, 8> kCitiesWithWeather = {"Berlin", "Oslo",      "Madrid", "Vienna",
                                                           "Zurich", "Stockholm", "Paris",  "Copenhagen"};
constexpr const char* kCityWithoutWeather = "Lisbon";

}  // namespace sluice::samples
