#include "common/access/access.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::access {
namespace {

const Instant kNow{1'800'000'000'000'000};

Token token(const std::string& name, const std::string& secret, std::array<bool, 3> scopes) {
  Token out;
  out.name = name;
  out.hash = hash_of(secret);
  out.scopes = scopes;
  return out;
}

class AccessTest : public testing::Test {
 protected:
  AccessTest() {
    tokens_ = {token("reader", "r-secret", {true, false, false}), token("writer", "w-secret", {false, true, false}),
               token("admin", "a-secret", {false, false, true}), token("old", "o-secret", {true, true, true})};
    tokens_[3].expires = kNow;
  }
  Verdict verdict(const std::string& header, Scope needed = Scope::kRead) const {
    return decide(tokens_, needed, header, kNow).verdict;
  }

  std::vector<Token> tokens_;
};

TEST_F(AccessTest, AScopeAllowsWhatItSaysAndAnAdminAll) {
  EXPECT_EQ(verdict("Bearer r-secret", Scope::kRead), Verdict::kAllowed);
  EXPECT_EQ(verdict("Bearer r-secret", Scope::kWrite), Verdict::kInsufficientScope);
  EXPECT_EQ(verdict("Bearer w-secret", Scope::kWrite), Verdict::kAllowed);
  EXPECT_EQ(verdict("Bearer w-secret", Scope::kRead), Verdict::kInsufficientScope);
  for (const Scope scope : kScopes) EXPECT_EQ(verdict("Bearer a-secret", scope), Verdict::kAllowed);
  EXPECT_EQ(verdict("Bearer w-secret", Scope::kAdmin), Verdict::kInsufficientScope);
}

TEST_F(AccessTest, TheSchemesNameIsTakenInAnyCase) {
  EXPECT_EQ(verdict("bearer r-secret"), Verdict::kAllowed);
  EXPECT_EQ(verdict("BEARER  r-secret"), Verdict::kAllowed);
}

TEST_F(AccessTest, WithoutATokenOneIsAskedForAndAWrongOneIsRefused) {
  EXPECT_EQ(verdict(""), Verdict::kNoToken);
  for (const char* header : {"Bearer r-secre", "Bearer r-secret1", "Bearer R-SECRET", "Bearer", "Bearer ", "r-secret",
                             "Basic r-secret", "Bearer r-secret, Bearer w-secret", "Bearerr-secret"}) {
    EXPECT_EQ(verdict(header), Verdict::kInvalidToken) << header;
  }
}

TEST_F(AccessTest, AnExpiredTokenIsInvalidFromThatMomentOn) {
  const auto at = [&](std::int64_t micros) {
    return decide(tokens_, Scope::kRead, "Bearer o-secret", Instant{kNow.micros + micros}).verdict;
  };
  EXPECT_EQ(at(-1), Verdict::kAllowed);
  EXPECT_EQ(at(0), Verdict::kInvalidToken);
}

TEST_F(AccessTest, TheDecisionNamesTheToken) {
  EXPECT_EQ(decide(tokens_, Scope::kRead, "Bearer r-secret", kNow).name, "reader");
  EXPECT_EQ(decide(tokens_, Scope::kRead, "Bearer w-secret", kNow).name, "writer");
  EXPECT_EQ(decide(tokens_, Scope::kRead, "Bearer o-secret", kNow).name, "old");
  EXPECT_EQ(decide(tokens_, Scope::kRead, "Bearer nobody", kNow).name, "");
}

TEST_F(AccessTest, WithoutAnEntryNobodyMay) {
  tokens_.clear();
  EXPECT_EQ(verdict("Bearer r-secret"), Verdict::kInvalidToken);
}

TEST_F(AccessTest, TheChallengeSaysWhatIsMissing) {
  EXPECT_EQ(challenge(Verdict::kNoToken, Scope::kRead), "Bearer realm=\"sluice\"");
  EXPECT_EQ(challenge(Verdict::kInvalidToken, Scope::kRead), "Bearer realm=\"sluice\", error=\"invalid_token\"");
  EXPECT_EQ(challenge(Verdict::kInsufficientScope, Scope::kWrite),
            "Bearer realm=\"sluice\", error=\"insufficient_scope\", scope=\"write\"");
}

}  // namespace
}  // namespace sluice::access
