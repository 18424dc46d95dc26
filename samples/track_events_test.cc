#include "samples/track_events.h"

#include <set>

#include <gtest/gtest.h>

#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

std::string sample(std::size_t rows) { return files_of(track_events, rows)["track_events.json"]; }

TEST(TrackEventsSample, IsTheSameEachTime) { EXPECT_EQ(sample(2000), sample(2000)); }

TEST(TrackEventsSample, IsBrokenAsTheRealFileIs) {
  const auto lines = lines_of(sample(2000));
  ASSERT_EQ(lines.size(), 2000U);
  EXPECT_TRUE(lines[0].starts_with("[{\"segment_tracks.original_timestamp_time\":\"2019-05-13 00:00:00\""));
  for (std::size_t line = 0; line + 1 < lines.size(); ++line) EXPECT_EQ(lines[line].back(), ',') << line;
  EXPECT_TRUE(lines.back().starts_with("{"));
  EXPECT_NE(lines.back().back(), ',');
  EXPECT_EQ(count(lines.back(), "}"), 0);
}

TEST(TrackEventsSample, HoldsEventsThatComeTwoDaysLate) {
  const auto lines = lines_of(sample(2000));
  EXPECT_EQ(count(lines[1029], "\"2019-05-16 "), 3) << lines[1029];
  EXPECT_EQ(count(lines[1030], "\"2019-05-14 "), 1) << lines[1030];
  EXPECT_EQ(count(lines[1030], "\"2019-05-16 "), 2) << lines[1030];
}

TEST(TrackEventsSample, HoldsRatingsAndACityWithoutWeatherAndEventsToRefuse) {
  const std::string text = sample(2000);
  EXPECT_GT(count(text, "properties_rating\":\"5\""), 50);
  EXPECT_GT(count(text, "properties_rating\":null"), 1000);
  EXPECT_GT(count(text, "\"Europe/Lisbon\""), 100);
  EXPECT_GT(count(text, "event_name\":null"), 0);
  EXPECT_GT(count(text, "properties_rating\":\"6\""), 0);
  EXPECT_GT(count(text, "caf\xE9"), 0);
}

// Of 50 rows one repeats and one corrects: they alone have the key of an earlier one.
TEST(TrackEventsSample, OnlyWhatRepeatsOrCorrectsHasAKeyThatWasThere) {
  std::set<std::string> times;
  std::size_t again = 0;
  for (const std::string& line : lines_of(sample(2000))) {
    const std::string sent = "\"segment_tracks.anonymous_id\":";
    const std::size_t at = line.find(sent);
    if (at == std::string::npos || !line.ends_with("},")) continue;
    const std::string key = line.substr(at, line.find(",\"segment_tracks.properties") - at) + line.substr(0, 150);
    again += times.insert(key).second ? 0U : 1U;
  }
  EXPECT_GE(again, 80U);
  EXPECT_LE(again, 120U);
}

}  // namespace
}  // namespace sluice::samples
