// The order of the bytes is the order of the values, alone and as the first of a tuple.
#include "services/transform/core/ordered_bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sluice::transform {
namespace {

std::string bytes_of(const Cell& cell, bool inverted = false) {
  std::string out;
  append_ordered(out, cell);
  if (inverted) invert_order(out);
  out.append("anything");
  return out;
}

void same_order(const Cell& a, const Cell& b, std::strong_ordering order) {
  RC_ASSERT((bytes_of(a) <=> bytes_of(b)) == order);
  RC_ASSERT((bytes_of(b, true) <=> bytes_of(a, true)) == order);
}

TEST(OrderedBytesProperty, NumbersSortByValue) {
  EXPECT_TRUE(rc::check([](std::int64_t a, std::int64_t b) { same_order(a, b, a <=> b); }));
}

TEST(OrderedBytesProperty, DecimalsSortByValueWhateverTheirScales) {
  EXPECT_TRUE(rc::check([] {
    const auto decimal = rc::gen::map(
        rc::gen::pair(rc::gen::inRange<std::int64_t>(-2000, 2000), rc::gen::inRange(0, 6)),
        [](const auto& p) { return Decimal{p.first, p.second}; });
    const Decimal a = *decimal, b = *decimal;
    same_order(a, b, compare(a, b));
  }));
}

TEST(OrderedBytesProperty, TextsSortByTheirBytesWithZerosAmongThem) {
  EXPECT_TRUE(rc::check([] {
    const auto text = rc::gen::container<std::string>(rc::gen::element('\0', '\x01', 'a', '\xFF'));
    const std::string a = *text, b = *text;
    same_order(std::string_view(a), std::string_view(b), a <=> b);
  }));
}

TEST(OrderedBytes, NullSortsFirst) {
  EXPECT_LT(bytes_of(Cell{}), bytes_of(std::int64_t{INT64_MIN}));
  EXPECT_LT(bytes_of(Cell{}), bytes_of(std::string_view("")));
}

}  // namespace
}  // namespace sluice::transform
