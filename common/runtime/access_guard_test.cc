#include "common/runtime/access_guard.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "common/access/token_file.h"
#include "common/base/error.h"

namespace sluice {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string entry(const std::string& name, const std::string& secret, std::array<bool, 3> scopes,
                  const std::string& expires = {}) {
  access::Token token;
  token.name = name;
  token.hash = access::hash_of(secret);
  token.scopes = scopes;
  if (!expires.empty()) token.expires = parse_iso_instant(expires);
  return access::entry_of(token);
}

std::optional<access::Scope> needed(std::string_view method, std::string_view route) {
  if (route == "/livez") return std::nullopt;
  return method == "POST" ? access::Scope::kWrite : access::Scope::kRead;
}

class AccessGuardTest : public testing::Test {
 protected:
  AccessGuardTest() {
    std::string folder = (std::filesystem::temp_directory_path() / "access-guard-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
  }
  ~AccessGuardTest() override { std::filesystem::remove_all(folder_); }

  std::string path() const { return (folder_ / "tokens.yaml").string(); }
  // As an editor or Kubernetes does it: another file under the same name.
  void write(const std::string& text) {
    std::ofstream(path() + ".new") << text;
    std::filesystem::rename(path() + ".new", path());
  }
  AccessGuard& open(access::RateLimit limit = {}) {
    AccessSettings settings;
    settings.tokens_file = path();
    return guard_.emplace(settings, needed, limit, metrics_, clock_);
  }
  AccessGuard& open_without_tokens(access::RateLimit limit) {
    return guard_.emplace(AccessSettings{}, needed, limit, metrics_, clock_);
  }
  // The status of the refusal, 0 if there is none; the refusal itself is last_.
  int ask(const std::string& token, const std::string& method = "GET", const std::string& client = "10.0.0.1") {
    request_ = {};
    request_.method = method;
    request_.client = client;
    if (!token.empty()) request_.headers.emplace_back("authorization", "Bearer " + token);
    const auto refused = guard_->check(request_, "/v1/reports");
    last_ = refused.value_or(http::Response{});
    return refused ? refused->status : 0;
  }
  std::string header(std::string_view name) const {
    for (const auto& [each, value] : last_.headers) {
      if (each == name) return value;
    }
    return {};
  }

  std::filesystem::path folder_;
  Metrics metrics_{"test"};
  ManualClock clock_;  // in November 2023
  std::optional<AccessGuard> guard_;
  http::Request request_;
  http::Response last_;
};

TEST_F(AccessGuardTest, LetsInWhoHasTheScopeAndNamesThem) {
  write(entry("reader", "r-secret", {true, false, false}));
  open();
  EXPECT_EQ(ask("r-secret"), 0);
  EXPECT_EQ(request_.principal, "reader");
}

TEST_F(AccessGuardTest, RefusesAsRfc6750Says) {
  write(entry("reader", "r-secret", {true, false, false}) + entry("old", "o-secret", {true, false, false}, "2020-01-01T00:00:00Z"));
  open();
  EXPECT_EQ(ask(""), 401);
  EXPECT_EQ(header("WWW-Authenticate"), "Bearer realm=\"sluice\"");
  EXPECT_EQ(ask("wrong"), 401);
  EXPECT_THAT(header("WWW-Authenticate"), HasSubstr("error=\"invalid_token\""));
  EXPECT_THAT(last_.body, Not(HasSubstr("wrong")));
  EXPECT_EQ(ask("o-secret"), 401);
  EXPECT_THAT(last_.body, HasSubstr("The token of old has expired."));
  EXPECT_EQ(ask("r-secret", "POST"), 403);
  EXPECT_THAT(header("WWW-Authenticate"), HasSubstr("error=\"insufficient_scope\", scope=\"write\""));
  EXPECT_EQ(request_.principal, "reader") << "for the audit";
  EXPECT_THAT(metrics_.text(), AllOf(HasSubstr("sluice_http_refused_total{reason=\"no_token\""),
                                     HasSubstr("reason=\"invalid_token\""), HasSubstr("reason=\"insufficient_scope\"")));
}

TEST_F(AccessGuardTest, TwoAuthorizationsAreNone) {
  write(entry("reader", "r-secret", {true, false, false}));
  open();
  http::Request request;
  request.method = "GET";
  for (int i = 0; i < 2; ++i) request.headers.emplace_back("authorization", "Bearer r-secret");
  EXPECT_EQ(guard_->check(request, "/v1/reports")->status, 401);
}

TEST_F(AccessGuardTest, AnOpenRouteIsOpenAndWithoutAFileEveryRouteIs) {
  write("[]");
  open();
  EXPECT_FALSE(guard_->check(request_, "/livez"));
  EXPECT_EQ(ask("any"), 401);
  open_without_tokens({});
  EXPECT_EQ(ask("any"), 0);
  EXPECT_EQ(ask("", "POST"), 0);
}

TEST_F(AccessGuardTest, AChangedFileCountsWithoutARestart) {
  write(entry("one", "first", {true, false, false}));
  open();
  write(entry("two", "second", {true, false, false}));
  EXPECT_EQ(ask("first"), 0) << "not looked at yet";
  guard_->look_at_file();
  EXPECT_EQ(ask("first"), 401);
  EXPECT_EQ(ask("second"), 0);
}

TEST_F(AccessGuardTest, ABrokenFileLeavesTheOldTokensAndSaysSoUntilItIsMended) {
  write(entry("one", "first", {true, false, false}));
  open();
  EXPECT_THAT(metrics_.text(), HasSubstr("sluice_tokens_reload_success 1"));
  const auto broken_by = [&](const std::function<void()>& act) {
    act();
    testing::internal::CaptureStderr();
    guard_->look_at_file();
    guard_->look_at_file();
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_THAT(metrics_.text(), HasSubstr("sluice_tokens_reload_success 0"));
    EXPECT_EQ(ask("first"), 0);
    return log;
  };
  const std::string log = broken_by([&] { write("- name: one\n  sha256: first-second-third\n"); });
  EXPECT_THAT(log, AllOf(HasSubstr("tokens.yaml:2: sha256 has 64"), Not(HasSubstr("first-second"))));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << "told once";
  EXPECT_THAT(broken_by([&] { std::filesystem::remove(path()); }), HasSubstr("cannot be read"));
  EXPECT_THAT(broken_by([&] { write(std::string((1 << 20) + 1, '#')); }), HasSubstr("more than 1048576 bytes"));
  write("[]");
  guard_->look_at_file();
  EXPECT_THAT(metrics_.text(), HasSubstr("sluice_tokens_reload_success 1"));
  EXPECT_EQ(ask("first"), 401);
}

TEST_F(AccessGuardTest, ABrokenFileAtTheStartIsAConfigurationError) {
  const auto why = [&] {
    try {
      open();
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("opened");
  };
  EXPECT_THAT(why(), HasSubstr("tokens.yaml cannot be read: No such file"));
  write("- name: a b\n");
  EXPECT_THAT(why(), HasSubstr("tokens.yaml:1: name has"));
  AccessSettings settings;
  settings.metrics = "read";
  EXPECT_THROW(AccessGuard(settings, needed, {}, metrics_, clock_), ConfigError);
}

TEST_F(AccessGuardTest, ALimitIsOfATokenWhereverItComesFromAndOfAnAddressWithoutOne) {
  write(entry("one", "first", {true, true, false}) + entry("two", "second", {true, false, false}));
  open({1, 2});
  EXPECT_EQ(ask("first", "GET", "10.0.0.1"), 0);
  EXPECT_EQ(ask("first", "POST", "10.0.0.2"), 0);
  EXPECT_EQ(ask("first", "GET", "10.0.0.3"), 429);
  EXPECT_EQ(header("Retry-After"), "1");
  EXPECT_EQ(ask("second"), 0) << "has its own";
  EXPECT_EQ(ask("guess-1"), 401);
  EXPECT_EQ(ask("guess-2"), 401);
  EXPECT_EQ(ask("guess-3"), 429) << "guessing is slow too";
  EXPECT_EQ(ask("guess-4", "GET", "10.0.0.9"), 401);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(ask("first"), 0);
  EXPECT_EQ(ask("first"), 429);

  open_without_tokens({1, 1});
  EXPECT_EQ(ask("", "GET", "10.0.0.1"), 0);
  EXPECT_EQ(ask("", "GET", "10.0.0.1"), 429);
  EXPECT_EQ(ask("", "GET", "10.0.0.2"), 0);
  EXPECT_THAT(metrics_.text(), HasSubstr("reason=\"rate_limit\""));
}

}  // namespace
}  // namespace sluice
