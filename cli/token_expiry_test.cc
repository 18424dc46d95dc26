#include "cli/token_expiry.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

const Instant kNow = *parse_iso_instant("2026-11-30T13:00:00.5Z");

std::string expiry(std::string_view text) {
  const auto at = expiry_of(text, kNow);
  return at ? to_string(*at) : "none";
}

TEST(TokenExpiryTest, IsSoManyDaysOrHoursFromNowOrATimeItself) {
  EXPECT_EQ(expiry("90d"), "2027-02-28T13:00:00Z");
  EXPECT_EQ(expiry("12h"), "2026-12-01T01:00:00Z");
  EXPECT_EQ(expiry("2027-01-31T00:00:00+01:00"), "2027-01-30T23:00:00Z");
}

TEST(TokenExpiryTest, WhatIsNoTimeToComeIsRefused) {
  for (const char* text : {"", "d", "90", "0d", "-1d", "90 d", "90dd", "1.5d", "36501d", "99999999999999999999d",
                           "tomorrow", "2027-01-31", "2020-01-31T00:00:00Z"}) {
    EXPECT_EQ(expiry(text), "none") << text;
  }
}

}  // namespace
}  // namespace sluice::cli
