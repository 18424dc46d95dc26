#include "services/api/core/routes.h"

#include <gtest/gtest.h>

namespace sluice::api {
namespace {

using access::Scope;

TEST(RoutesTest, WhatIsReadNeedsReadAndWhatIsWrittenNeedsWrite) {
  for (const RouteInfo& route : routes()) {
    if (!route.pattern.starts_with("/v1/") || route.id == RouteId::kStartReplay) continue;
    EXPECT_EQ(needed_scope(route.method, route.pattern), route.method == "GET" ? Scope::kRead : Scope::kWrite)
        << route.pattern;
  }
  EXPECT_EQ(needed_scope("POST", "/v1/replays"), Scope::kAdmin) << "it may replace reports";
  EXPECT_EQ(needed_scope("HEAD", "/v1/files"), Scope::kRead);
  EXPECT_EQ(needed_scope("GET", "/openapi.json"), Scope::kRead) << "it names reports and their columns";
}

TEST(RoutesTest, ThePagesFilesAndHealthAreOpen) {
  for (const char* open : {"/", "/web/{file}", "/livez", "/readyz", "/healthz"}) {
    EXPECT_EQ(needed_scope("GET", open), std::nullopt) << open;
    EXPECT_EQ(needed_scope("HEAD", open), std::nullopt) << open;
  }
}

TEST(RoutesTest, ARouteThatNobodyWroteDownIsNotOpen) {
  EXPECT_EQ(needed_scope("GET", "/v1/forgotten"), Scope::kAdmin);
  EXPECT_EQ(needed_scope("DELETE", "/v1/files/{id}"), Scope::kAdmin);
}

}  // namespace
}  // namespace sluice::api
