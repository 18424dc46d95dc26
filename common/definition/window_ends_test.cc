#include "common/definition/window_ends.h"

#include <gtest/gtest.h>

#include "common/definition/definition_parser.h"

namespace sluice {
namespace {

Dataset dataset_with(const std::string& time_type, const std::string& reports, const std::string& more = "") {
  const std::string text = "dataset: visits\nsource: { files: \"v*.csv\" }\nformat: csv\nkey: id\nevent_time: at\n" + more +
                           "fields:\n  id: { type: string, required: true }\n  at: { type: " + time_type +
                           ", required: true }\nreports:\n" + reports;
  return parse_definition(text, "visits.yaml").value();
}
std::string report_of(const std::string& name, const std::string& window) {
  return "  " + name + ": { window: { " + window + ", name: w }, measures: { n: count } }\n";
}
std::int64_t ms_of(const char* instant) { return parse_iso_instant(instant).value().micros / 1000; }
std::string text_of_end(std::optional<Instant> end) { return end ? to_string(*end) : "none"; }

TEST(WindowEnds, TheShortestWindowOfAllReportsClosesFirst) {
  const Dataset dataset = dataset_with("timestamp", report_of("a", "tumbling: month") + report_of("b", "tumbling: day"));
  EXPECT_EQ(text_of_end(WindowEnds(dataset).first_end_ms(ms_of("2017-01-31T10:00:00Z"))), "2017-02-01T00:00:00Z");
  EXPECT_EQ(text_of_end(WindowEnds(dataset).first_end_ms(ms_of("2017-01-15T10:00:00Z"))), "2017-01-16T00:00:00Z");
}

TEST(WindowEnds, WindowsCloseInTheirTimeZone) {
  const Dataset dataset = dataset_with("timestamp", report_of("a", "tumbling: month, time_zone: Europe/Paris"));
  EXPECT_EQ(text_of_end(WindowEnds(dataset).first_end_ms(ms_of("2017-01-31T10:00:00Z"))), "2017-01-31T23:00:00Z");
}

TEST(WindowEnds, ADatesMidnightInAMessageIsThatDate) {
  const Dataset dataset = dataset_with("date", report_of("a", "tumbling: day"));
  EXPECT_EQ(text_of_end(WindowEnds(dataset).first_end_ms(ms_of("1969-12-30T00:00:00Z"))), "1969-12-31T00:00:00Z");
}

TEST(WindowEnds, WithoutWindowsNothingCloses) {
  const Dataset dataset = dataset_with("date", "  a: { group_by: [id], measures: { n: count } }\n");
  WindowEnds ends(dataset);
  EXPECT_EQ(text_of_end(ends.first_end_ms(0)), "none");
  EXPECT_FALSE(ends.is_late_ms(0, ms_of("2030-01-01T00:00:00Z")));
}

TEST(WindowEnds, AnEventIsLateWhenTheWatermarkHasReachedItsWindowsEndAndTheLatenessBehindIt) {
  const Dataset dataset = dataset_with("timestamp", report_of("a", "tumbling: month"), "allowed_lateness: 1d\n");
  WindowEnds ends(dataset);
  const std::int64_t event = ms_of("2017-01-31T10:00:00Z");
  EXPECT_FALSE(ends.is_late_ms(event, std::nullopt));
  EXPECT_FALSE(ends.is_late_ms(event, ms_of("2017-02-01T23:59:59Z")));
  EXPECT_TRUE(ends.is_late_ms(event, ms_of("2017-02-02T00:00:00Z")));
}

}  // namespace
}  // namespace sluice
