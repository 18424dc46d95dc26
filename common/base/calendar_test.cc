#include "common/base/calendar.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

Date day(std::string_view text) { return parse_iso_date(text).value(); }
Instant at(std::string_view text) { return parse_iso_instant(text).value(); }
TimeZone zone(std::string_view name) { return TimeZone::find(name).value(); }

TEST(Calendar, ReadsDatesByTheirFormatAndNothingElse) {
  EXPECT_EQ(to_string(*parse_date("11/01/2017", "%d/%m/%Y")), "2017-01-11");
  EXPECT_EQ(to_string(*parse_date("10-08-2016", "%d-%m-%Y")), "2016-08-10");
  for (const char* text :
       {"03-21-2015", "2015/03/21", "21_03_2015", "1-3-2015", "31-04-2015", "29-02-2015",
        "00-01-2015", "01-00-2015", "01-13-2015", "01-01-0000", "01-01-2015 ", "01-01-15", ""}) {
    EXPECT_FALSE(parse_date(text, "%d-%m-%Y").has_value()) << text;
  }
  EXPECT_EQ(to_string(*parse_date("29-02-2016", "%d-%m-%Y")), "2016-02-29");
  EXPECT_EQ(to_string(*parse_date("31-12-9999", "%d-%m-%Y")), "9999-12-31");
}

TEST(Calendar, OfAYearOfTwoDigitsTheCenturyIsAsPosixSays) {
  EXPECT_EQ(to_string(*parse_date("31/01/17", "%d/%m/%y")), "2017-01-31");
  EXPECT_EQ(to_string(*parse_date("01.01.00", "%d.%m.%y")), "2000-01-01");
  EXPECT_EQ(to_string(*parse_date("29.02.68", "%d.%m.%y")), "2068-02-29");
  EXPECT_EQ(to_string(*parse_date("31.12.69", "%d.%m.%y")), "1969-12-31");
  EXPECT_EQ(to_string(*parse_date("99-12-31", "%y-%m-%d")), "1999-12-31");
  EXPECT_EQ(to_string(*parse_instant("07/02/22 23:30", "%m/%d/%y %H:%M", TimeZone::utc())), "2022-07-02T23:30:00Z");
  for (const char* text : {"31/01/2017", "31/01/1", "31/01/1x", "29/02/17", "31/01/"}) {
    EXPECT_FALSE(parse_date(text, "%d/%m/%y").has_value()) << text;
  }
}

TEST(Calendar, ReadsInstantsWithAnOffsetOrInAZone) {
  EXPECT_EQ(to_string(at("2022-07-02T23:30:00+02:00")), "2022-07-02T21:30:00Z");
  EXPECT_EQ(to_string(at("2022-07-02T23:30:00.250Z")), "2022-07-02T23:30:00.25Z");
  EXPECT_EQ(to_string(*parse_instant("2022-07-01 10:00", "%Y-%m-%d %H:%M", zone("Europe/Paris"))),
            "2022-07-01T08:00:00Z");
  for (const char* text : {"2022-07-02T24:00:00Z", "2022-07-02T23:60:00Z", "2022-07-02T23:30:60Z",
                           "2022-07-02T23:30:00", "2022-07-02", "2022-07-02T23:30:00.Z"}) {
    EXPECT_FALSE(parse_iso_instant(text).has_value()) << text;
  }
}

TEST(Calendar, ASkippedLocalTimeMovesForwardAndARepeatedOneIsTheEarlier) {
  const auto paris = [](std::string_view text) {
    return to_string(*parse_instant(text, "%Y-%m-%d %H:%M", zone("Europe/Paris")));
  };
  EXPECT_EQ(paris("2022-03-27 02:30"), "2022-03-27T01:30:00Z");  // 03:30 summer time
  EXPECT_EQ(paris("2022-10-30 02:30"), "2022-10-30T00:30:00Z");  // still summer time
}

TEST(Calendar, LabelsTheWindowThatHoldsADate) {
  struct Case {
    WindowUnit unit;
    Weekday first;
    const char* pattern;
    const char* date;
    const char* label;
  };
  for (const Case& c : {
           Case{WindowUnit::kDay, Weekday::kMonday, "", "2017-01-31", "2017-01-31"},
           Case{WindowUnit::kWeek, Weekday::kMonday, "", "2022-07-03", "2022-06-27"},
           Case{WindowUnit::kWeek, Weekday::kSunday, "", "2022-07-03", "2022-07-03"},
           Case{WindowUnit::kWeek, Weekday::kSunday, "", "2022-07-02", "2022-06-26"},
           Case{WindowUnit::kWeek, Weekday::kSaturday, "", "2022-01-01", "2022-01-01"},
           Case{WindowUnit::kWeek, Weekday::kMonday, "", "2021-01-01", "2020-12-28"},
           Case{WindowUnit::kMonth, Weekday::kMonday, "", "2020-02-29", "2020-02"},
           Case{WindowUnit::kMonth, Weekday::kMonday, "%Y_%m", "2017-01-11", "2017_01"},
           Case{WindowUnit::kMonth, Weekday::kMonday, "%m", "2017-12-31", "12"},
           Case{WindowUnit::kQuarter, Weekday::kMonday, "", "2017-03-31", "2017-Q1"},
           Case{WindowUnit::kQuarter, Weekday::kMonday, "", "2017-10-01", "2017-Q4"},
           Case{WindowUnit::kYear, Weekday::kMonday, "", "2017-06-01", "2017"},
           Case{WindowUnit::kMonth, Weekday::kMonday, "", "0001-01-01", "0001-01"},
       }) {
    CalendarWindow window{c.unit, c.first, TimeZone::utc()};
    EXPECT_EQ(window_label(window, c.pattern, day(c.date)), c.label) << c.date;
  }
}

TEST(Calendar, AnInstantFallsInTheWindowOfItsLocalTime) {
  const CalendarWindow month{WindowUnit::kMonth, Weekday::kMonday, zone("Europe/Paris")};
  EXPECT_EQ(window_label(month, "", at("2022-07-31T21:59:59Z")), "2022-07");
  EXPECT_EQ(window_label(month, "", at("2022-07-31T22:00:00Z")), "2022-08");
  EXPECT_EQ(window_label(month, "", at("2022-01-31T22:59:59Z")), "2022-01");
  const CalendarWindow hour{WindowUnit::kHour, Weekday::kMonday, zone("Europe/Paris")};
  EXPECT_EQ(window_label(hour, "", at("2022-07-31T21:59:59Z")), "2022-07-31T23");
}

TEST(Calendar, AWindowEndsWhereTheNextBeginsAlsoAcrossClockChanges) {
  const CalendarWindow day_in_paris{WindowUnit::kDay, Weekday::kMonday, zone("Europe/Paris")};
  EXPECT_EQ(to_string(window_end(day_in_paris, at("2022-03-27T10:00:00Z"))),
            "2022-03-27T22:00:00Z");
  EXPECT_EQ(to_string(window_end(day_in_paris, at("2022-10-30T10:00:00Z"))),
            "2022-10-30T23:00:00Z");
  const CalendarWindow month{WindowUnit::kMonth, Weekday::kMonday, TimeZone::utc()};
  EXPECT_EQ(to_string(window_end(month, day("2024-02-29"))), "2024-03-01T00:00:00Z");
  const CalendarWindow quarter{WindowUnit::kQuarter, Weekday::kMonday, TimeZone::utc()};
  EXPECT_EQ(to_string(window_end(quarter, day("2024-12-31"))), "2025-01-01T00:00:00Z");
  const CalendarWindow hour{WindowUnit::kHour, Weekday::kMonday, zone("Asia/Kolkata")};
  EXPECT_EQ(to_string(window_end(hour, at("2022-07-31T21:59:59Z"))), "2022-07-31T22:30:00Z");
}

TEST(Calendar, AnHourThatIsLivedTwiceEndsWithItsSecondPass) {
  const CalendarWindow paris{WindowUnit::kHour, Weekday::kMonday, zone("Europe/Paris")};
  for (const char* moment :
       {"2022-10-30T00:00:00Z", "2022-10-30T00:59:59Z", "2022-10-30T01:30:00Z"}) {
    EXPECT_EQ(window_label(paris, "", at(moment)), "2022-10-30T02") << moment;
    EXPECT_EQ(to_string(window_end(paris, at(moment))), "2022-10-30T02:00:00Z") << moment;
  }
  EXPECT_EQ(to_string(window_end(paris, at("2022-10-29T23:30:00Z"))), "2022-10-30T00:00:00Z");
  // Half an hour back: the hour has ninety minutes.
  const CalendarWindow lord_howe{WindowUnit::kHour, Weekday::kMonday, zone("Australia/Lord_Howe")};
  EXPECT_EQ(to_string(window_end(lord_howe, at("2022-04-02T14:00:00Z"))), "2022-04-02T15:30:00Z");
}

TEST(Calendar, ADayBeginsWhereItsFirstMomentIs) {
  // Midnight does not exist in Havana on the day clocks go forward.
  EXPECT_EQ(to_string(zone("America/Havana").start_of(day("2022-03-13"))), "2022-03-13T05:00:00Z");
  EXPECT_EQ(to_string(zone("Europe/Paris").start_of(day("2022-07-01"))), "2022-06-30T22:00:00Z");
  // Apia skipped 30 December 2011.
  EXPECT_EQ(to_string(zone("Pacific/Apia").start_of(day("2011-12-30"))), "2011-12-30T10:00:00Z");
}

TEST(Calendar, AnOffsetMayNotPushAnInstantOutOfTheCalendar) {
  EXPECT_FALSE(parse_iso_instant("0001-01-01T00:00:00+01:00").has_value());
  EXPECT_FALSE(parse_iso_instant("9999-12-31T23:59:59-00:01").has_value());
  EXPECT_TRUE(parse_iso_instant("9999-12-31T23:59:59.999999Z").has_value());
}

TEST(Calendar, AnUnknownZoneIsRefusedWithAHint) {
  const auto found = TimeZone::find("Europe/Atlantis");
  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().message.find("Europe/Atlantis"), std::string::npos);
}

}  // namespace
}  // namespace sluice
