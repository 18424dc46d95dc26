#include "common/adapters/http/routing.h"

#include <gmock/gmock.h>

namespace sluice::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RouterTest : public testing::Test {
 protected:
  Router router_;
  std::size_t list_ = router_.add("GET", "/v1/reports");
  std::size_t one_ = router_.add("GET", "/v1/reports/{name}");
  std::size_t literal_ = router_.add("GET", "/v1/reports/all");
  std::size_t changes_ = router_.add("GET", "/v1/reports/{name}/changes");
  std::size_t upload_ = router_.add("POST", "/v1/uploads");
  std::size_t root_ = router_.add("GET", "/");
};

TEST_F(RouterTest, ALiteralPathFindsItsRoute) {
  EXPECT_EQ(router_.match("GET", {"v1", "reports"}).found->route, list_);
  EXPECT_EQ(router_.match("GET", {""}).found->route, root_);
}

TEST_F(RouterTest, ACaptureIsOneWholeSegment) {
  const auto match = router_.match("GET", {"v1", "reports", "a/b"});
  EXPECT_EQ(match.found->route, one_);
  EXPECT_THAT(match.found->captures, ElementsAre("a/b"));
  EXPECT_EQ(router_.match("GET", {"v1", "reports", "x", "changes"}).found->route, changes_);
}

TEST_F(RouterTest, ALiteralWinsOverACapture) {
  EXPECT_EQ(router_.match("GET", {"v1", "reports", "all"}).found->route, literal_);
}

TEST_F(RouterTest, AnEmptySegmentIsNoCapture) {
  const auto match = router_.match("GET", {"v1", "reports", ""});
  EXPECT_FALSE(match.found);
  EXPECT_THAT(match.allowed, IsEmpty());
}

TEST_F(RouterTest, HeadFindsTheRouteOfGet) {
  EXPECT_EQ(router_.match("HEAD", {"v1", "reports"}).found->route, list_);
  EXPECT_FALSE(router_.match("HEAD", {"v1", "uploads"}).found);
}

TEST_F(RouterTest, AnotherMethodLearnsWhichAreAllowed) {
  EXPECT_THAT(router_.match("DELETE", {"v1", "reports"}).allowed, ElementsAre("GET", "HEAD"));
  EXPECT_THAT(router_.match("GET", {"v1", "uploads"}).allowed, ElementsAre("POST"));
  EXPECT_FALSE(router_.match("GET", {"v1", "uploads"}).found);
}

TEST_F(RouterTest, AnUnknownPathAllowsNothing) {
  EXPECT_THAT(router_.match("GET", {"v2"}).allowed, IsEmpty());
}

}  // namespace
}  // namespace sluice::http
