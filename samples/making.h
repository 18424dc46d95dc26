#pragma once
// What the generators of sample files share. Pure: the same arguments give the same bytes everywhere.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "common/base/calendar.h"

namespace sluice::samples {

// Opens a file of a dataset by its name, which may hold folders. The stream lives until the next call.
using Open = std::function<std::ostream&(const std::string& name)>;

// Random values that are settled by a seed and a number, so that row 7 is the same in a file of any
// length. Not a standard distribution: those differ between libraries, and the bytes must not.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t number = 0);
  std::size_t below(std::size_t limit) { return next() % limit; }
  int between(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1)));
  }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <typename Value, std::size_t kCount>
  const Value& of(const std::array<Value, kCount>& values) {
    return values[below(kCount)];
  }

 private:
  std::uint64_t next();
  std::uint64_t state_;
};

// What the row at a place of a dataset is. Of 50 rows one repeats an earlier row, one corrects one and
// one does not fit; all others are new.
enum class Kind { kNew, kRepeated, kCorrected, kRefused };
Kind kind_of(std::size_t row);
// For a row that is not new: the row it speaks of, which is an earlier, new one up to half way back.
std::size_t earlier(std::size_t row);
// For a row that is not new: how many of its kind came before it, to take turns in what is wrong with it.
std::size_t turn(std::size_t row);

template <typename... Values>
std::string print(const char* format, Values... values) {
  std::array<char, 400> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

// As a cell of a CSV file: in quotes where it holds a comma, a quote or a line break.
std::string csv_cell(std::string_view text);
// In the shape of a UUID, of a number; `kind` is its four hexadecimal digits in the middle.
std::string identifier(const char* kind, std::uint64_t number);
// 1250 -> "12.5", 1200 -> "12.0": with as few digits as it takes, but one at least.
std::string short_decimal(int hundredths);
// (305, 4) -> "0.0305", (1200, 2) -> "12", (-550, 2) -> "-5.5": no digit that is not needed.
std::string shortest_decimal(std::int64_t units, int digits_after_point);
// 2022-07-01 00:19:05, of UTC.
std::string time_text(Instant at);
Instant seconds_after(const char* start, std::uint64_t seconds);  // start: 2022-07-01T00:00:00Z

}  // namespace sluice::samples
