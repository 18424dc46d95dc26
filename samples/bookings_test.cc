#include "samples/bookings.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

std::size_t allocated_bytes() {
  const struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}

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
  EXPECT_EQ(count(text, ",two,"), 7);
}

TEST(BookingsSample, ARowIsTheSameInAFileOfAnyLength) {
  const auto few = lines_of(files_of(bookings, 500)["bookings-sample-1.csv"]);
  const auto many = lines_of(files_of(bookings, 5000)["bookings-sample-1.csv"]);
  ASSERT_EQ(few.size(), 501U);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin())) << "so that none need be kept to make a later one";
}

TEST(BookingsSample, NothingOfItIsKeptInMemory) {
  struct Nowhere final : std::streambuf {
    std::size_t bytes = 0;
    int overflow(int c) override { return ++bytes, c; }
    std::streamsize xsputn(const char*, std::streamsize size) override {
      bytes += static_cast<std::size_t>(size);
      return size;
    }
  } nowhere;
  std::ostream out(&nowhere);
  const std::size_t before = allocated_bytes();
  std::size_t most = 0;
  bookings([&](const std::string&) -> std::ostream& {
    most = std::max(most, allocated_bytes());  // when the second begins, of the first
    return out;
  }, 20'000);
  EXPECT_GT(nowhere.bytes, std::size_t{3} << 20);
  EXPECT_LT(most, before + (std::size_t{1} << 18));
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
