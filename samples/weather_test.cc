#include "samples/weather.h"

#include <set>

#include <gtest/gtest.h>

#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

// City and time up to the hour, 2019-05-13 17, of the lines that have both.
std::set<std::string> hours_of(const std::string& text) {
  std::set<std::string> hours;
  const std::string time = "\"weather_data.date_time\":\"", city = "\"weather_data.city\":\"";
  for (const std::string& line : lines_of(text)) {
    const std::size_t at = line.find(city);
    if (!line.starts_with('{' + time) || at == std::string::npos) continue;
    const std::size_t begin = at + city.size();
    hours.insert(line.substr(begin, line.find('"', begin) - begin) + ' ' + line.substr(time.size() + 1, 13));
  }
  return hours;
}

TEST(WeatherSample, IsTheSameEachTime) { EXPECT_EQ(files_of(weather, 1600), files_of(weather, 1600)); }

TEST(WeatherSample, IsALineForEachReportAndATenthComesLate) {
  Files files = files_of(weather, 1600);
  EXPECT_EQ(lines_of(files["weather-1.json"]).size(), 1440U);
  EXPECT_EQ(lines_of(files["weather-2.json"]).size(), 160U);
  for (const auto& [name, content] : files) EXPECT_TRUE(content.ends_with(",\n")) << name;
}

TEST(WeatherSample, LateOneTellsOfHoursThatHadNoWeather) {
  Files files = files_of(weather, 1600);
  const auto known = hours_of(files["weather-1.json"]);
  EXPECT_GT(known.size(), 900U);
  std::size_t news = 0;
  for (const std::string& hour : hours_of(files["weather-2.json"])) news += known.contains(hour) ? 0U : 1U;
  EXPECT_GT(news, 10U);
}

TEST(WeatherSample, HoldsAllThatFallsDryHoursAndReportsToRefuse) {
  const std::string text = files_of(weather, 1600)["weather-1.json"];
  for (const char* falling : {"\"rain\"", "\"snow\"", "\"sleet\"", "null"}) {
    EXPECT_GT(count(text, std::string("preciptype\":") + falling), 10) << falling;
  }
  EXPECT_GT(count(text, "preciptype\":\"hail\""), 0);
  EXPECT_GT(count(text, "windspeed\":NaN"), 0);
  EXPECT_GT(count(text, "city\":null"), 0);
}

TEST(WeatherSample, AtAnySizeNoTwoReportsOfACityAreOfOneMoment) {
  std::set<std::string> keys;
  std::size_t again = 0;
  for (const auto& [name, content] : files_of(weather, 20'000)) {
    for (const std::string& line : lines_of(content)) {
      if (!line.ends_with("},")) continue;
      again += keys.insert(line.substr(0, line.find(",\"weather_data.currently_apparent"))).second ? 0U : 1U;
    }
  }
  // What repeats or corrects, and what is refused with a key that is known: three of 50.
  EXPECT_LE(again, 1200U);
  EXPECT_GE(again, 800U);
}

}  // namespace
}  // namespace sluice::samples
