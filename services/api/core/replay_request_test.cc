#include "services/api/core/replay_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::api {
namespace {

using ::testing::HasSubstr;

Catalogue bookings() {
  Catalogue out;
  out.datasets["bookings"] = false;
  out.reports["monthly"].dataset = "bookings";
  return out;
}
ReplayRequest good(const std::string& body) { return parse_replay_request(body, bookings()).value(); }
std::string wrong(const std::string& body) {
  const auto read = parse_replay_request(body, bookings());
  return read ? "nothing" : read.error().message;
}

TEST(ReplayRequest, OfAllIsSwappedAndOfAPartOnlyWhereThatIsSaid) {
  EXPECT_EQ(good(R"({"dataset":"bookings"})").dataset, "bookings");
  EXPECT_EQ(good(R"({"report":"monthly","from":"beginning"})").dataset, "bookings");
  EXPECT_TRUE(good(R"({"report":"monthly"})").swap);
  EXPECT_FALSE(good(R"({"report":"monthly","swap":false})").swap);
  const auto since = good(R"({"report":"monthly","from":"2026-11-01T00:00:00Z"})");
  EXPECT_FALSE(since.swap);
  EXPECT_EQ(to_string(*since.since), since.from);
  const auto offsets = good(R"({"dataset":"bookings","from":{"0":17,"3":0},"swap":true})");
  EXPECT_TRUE(offsets.swap);
  EXPECT_EQ(offsets.offsets, (std::map<std::int32_t, std::int64_t>{{0, 17}, {3, 0}}));
}

TEST(ReplayRequest, WhatIsNoneIsRefusedWithWhatToWrite) {
  EXPECT_THAT(wrong(""), HasSubstr("JSON object"));
  EXPECT_THAT(wrong("{}"), HasSubstr("Name a report or a dataset"));
  EXPECT_THAT(wrong(R"({"report":"monthly","dataset":"bookings"})"), HasSubstr("not both"));
  EXPECT_THAT(wrong(R"({"report":"weekly"})"), HasSubstr("The reports are monthly"));
  EXPECT_THAT(wrong(R"({"dataset":"orders"})"), HasSubstr("The datasets are bookings"));
  EXPECT_THAT(wrong(R"({"dataset":"bookings","form":"beginning"})"), HasSubstr("\"form\" is none of"));
  EXPECT_THAT(wrong(R"({"dataset":"bookings","swap":"no"})"), HasSubstr("true or false"));
  for (const char* from : {"\"yesterday\"", "7", "{}", R"({"x":1})", R"({"0":-1})", R"({"0":"1"})", R"({"0":1.5})"}) {
    EXPECT_THAT(wrong(R"({"dataset":"bookings","from":)" + std::string(from) + "}"), HasSubstr("\"from\" is")) << from;
  }
}

}  // namespace
}  // namespace sluice::api
