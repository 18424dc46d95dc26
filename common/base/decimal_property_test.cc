#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/base/decimal.h"

namespace sluice {
namespace {

// An oracle small enough to be obviously right: everything in units of 10^-4, in 64 bits.
RC_GTEST_PROP(DecimalProperty, AdditionIsThatOfWholeNumbers, (std::int32_t a, std::int32_t b)) {
  const auto sum = add(Decimal{a, 4}, Decimal{b, 4});
  RC_ASSERT(sum.has_value());
  const Decimal expected{static_cast<__int128>(static_cast<std::int64_t>(a) + b), 4};
  RC_ASSERT(*sum == expected);
}

RC_GTEST_PROP(DecimalProperty, PrintingAndReadingIsTheIdentity, (std::int64_t units)) {
  const int scale = *rc::gen::inRange(0, 30);
  const Decimal value{units, scale};
  const auto again = parse_decimal(to_string(value));
  RC_ASSERT(again.has_value());
  RC_ASSERT(again->units == value.units);
  RC_ASSERT(again->scale == value.scale);
}

RC_GTEST_PROP(DecimalProperty, DivisionIsWithinHalfAUnitOfTheLastPlace, (std::int32_t a, std::int16_t b)) {
  RC_PRE(b != 0);
  const auto q = divide(Decimal{a, 0}, Decimal{b, 0}, 6);
  RC_ASSERT(q.has_value());
  // |q * b - a| <= |b| / 2 units of the sixth place.
  const __int128 off = q->units * b - static_cast<__int128>(a) * 1'000'000;
  const __int128 size = off < 0 ? -off : off;
  RC_ASSERT(size * 2 <= (b < 0 ? -static_cast<__int128>(b) : static_cast<__int128>(b)));
}

RC_GTEST_PROP(DecimalProperty, ASumDoesNotDependOnTheOrder, (std::vector<std::int64_t> units)) {
  Decimal forward, backward;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const std::size_t j = units.size() - 1 - i;
    forward = add(forward, Decimal{units[i], static_cast<int>(i % 5)}).value();
    backward = add(backward, Decimal{units[j], static_cast<int>(j % 5)}).value();
  }
  RC_ASSERT(to_string(canonical(forward, 2)) == to_string(canonical(backward, 2)));
}

}  // namespace
}  // namespace sluice
