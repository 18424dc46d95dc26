#include "samples/bookings.h"

#include <gtest/gtest.h>

#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

TEST(BookingsSample, IsTheSameEachTime) {
  const Files once = files_of(bookings, 2000);
  EXPECT_EQ(once.size(), 2U);
  EXPECT_EQ(once, files_of(bookings, 2000));
}

TEST(BookingsSample, HoldsBothCurrenciesBothFormsOfADateAndRowsToRefuse) {
  const std::string text = files_of(bookings, 2000)["bookings-sample-1.csv"];
  EXPECT_EQ(count(text, "\r\n"), 2001);
  EXPECT_GT(count(text, "£"), 300);
  EXPECT_GT(count(text, "€"), 1000);
  EXPECT_GT(count(text, ",France\r\n"), 300);
  EXPECT_EQ(count(text, ",two,"), 3);
}

TEST(BookingsSample, SecondFileSpeaksOfBookingsOfTheFirst) {
  Files files = files_of(bookings, 2000);
  const std::string& first = files["bookings-sample-1.csv"];
  const auto lines = lines_of(files["bookings-sample-2.csv"]);
  ASSERT_EQ(lines.size(), 201U);
  for (std::size_t line = 1; line < lines.size(); ++line) {
    const std::string id = lines[line].substr(0, lines[line].find(',') + 1);
    EXPECT_NE(first.find('\n' + id), std::string::npos) << id;
  }
}

}  // namespace
}  // namespace sluice::samples
