#include "services/transform/core/cell_bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace sluice::transform {
namespace {

std::string bytes_of(const Cell& cell) {
  std::string out;
  append_cell(out, cell);
  return out;
}

TEST(CellBytes, GiveBackWhatWasWritten) {
  constexpr __int128 kMost = static_cast<__int128>(9'999'999'999'999'999'999U) * 10'000'000'000'000'000'000U +
                             9'999'999'999'999'999'999U;
  for (const Cell& cell :
       {Cell{}, Cell{std::string_view("")}, Cell{std::string_view("a\0b", 3)}, Cell{std::int64_t{0}},
        Cell{std::numeric_limits<std::int64_t>::min()}, Cell{std::numeric_limits<std::int64_t>::max()},
        Cell{Decimal{kMost, 0}}, Cell{Decimal{-kMost, 38}}, Cell{true}, Cell{false}, Cell{*parse_iso_date("0001-01-01")},
        Cell{*parse_iso_date("9999-12-31")}, Cell{*parse_iso_instant("0001-01-01T00:00:00Z")},
        Cell{*parse_iso_instant("9999-12-31T23:59:59.999999Z")}}) {
    const std::string bytes = bytes_of(cell);
    ByteCursor reader(bytes);
    const Cell back = read_cell(reader);
    EXPECT_TRUE(reader.ok() && reader.at_end()) << bytes;
    EXPECT_EQ(back, cell) << bytes;
    // Cut off, it is none.
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ByteCursor cut(std::string_view(bytes).substr(0, size));
      EXPECT_TRUE(is_null(read_cell(cut)));
      EXPECT_FALSE(cut.ok()) << bytes << size;
    }
  }
}

// A day beyond 32 bits must not become another day.
TEST(CellBytes, WhatIsNoValueOfItsTypeIsRefused) {
  const auto with = [](const Cell& of_type, std::int64_t number) {
    std::string out = bytes_of(of_type).substr(0, 1);
    ByteWriter(out).signed_varint(number);
    return out;
  };
  const std::int64_t first = parse_iso_date("0001-01-01")->days, last = parse_iso_date("9999-12-31")->days;
  std::string wide = bytes_of(Decimal{1, 0}).substr(0, 1) + '\0';
  ByteWriter(wide).signed_wide(static_cast<__int128>(10'000'000'000'000'000'000U) * 10'000'000'000'000'000'000U);
  for (const std::string& bytes :
       {with(Date{}, first - 1), with(Date{}, last + 1), with(Date{}, std::int64_t{1} << 32), with(Date{}, INT64_MIN),
        with(Instant{}, parse_iso_instant("0001-01-01T00:00:00Z")->micros - 1),
        with(Instant{}, parse_iso_instant("9999-12-31T23:59:59.999999Z")->micros + 1), with(Instant{}, INT64_MIN),
        wide, std::string("\x7f"), std::string("\xff")}) {
    ByteCursor reader(bytes);
    EXPECT_TRUE(is_null(read_cell(reader))) << bytes;
    EXPECT_FALSE(reader.ok()) << bytes;
  }
}

}  // namespace
}  // namespace sluice::transform
