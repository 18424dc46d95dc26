#include "samples/bookings.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace sluice::samples {
namespace {

std::ptrdiff_t count(const std::string& text, const std::string& part) {
  std::ptrdiff_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(BookingsSample, IsTheSameEachTime) {
  const auto once = bookings(), again = bookings();
  ASSERT_EQ(once.size(), 2U);
  EXPECT_EQ(once[0].content, again[0].content);
  EXPECT_EQ(once[1].content, again[1].content);
}

TEST(BookingsSample, HoldsBothCurrenciesBothFormsOfADateAndRowsToRefuse) {
  const std::string text = bookings()[0].content;
  EXPECT_EQ(count(text, "\r\n"), 2001);
  EXPECT_GT(count(text, "£"), 300);
  EXPECT_GT(count(text, "€"), 1000);
  EXPECT_GT(count(text, ",France\r\n"), 300);
  EXPECT_EQ(count(text, ",two,"), 3);
}

TEST(BookingsSample, SecondFileSpeaksOfBookingsOfTheFirst) {
  const auto files = bookings();
  std::size_t from = files[1].content.find("\r\n") + 2;
  int rows = 0;
  while (from < files[1].content.size()) {
    const std::string id = files[1].content.substr(from, files[1].content.find(',', from) - from);
    EXPECT_NE(files[0].content.find(id), std::string::npos) << id;
    from = files[1].content.find("\r\n", from) + 2;
    ++rows;
  }
  EXPECT_EQ(rows, 200);
}

}  // namespace
}  // namespace sluice::samples
