#include "common/runtime/audit.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "common/adapters/http/client.h"

namespace sluice {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    server_.route("POST", "/v1/uploads", http::Runs::kOnBlockingPool, [](const http::Request&) {
      return http::Response{202, "application/json", {{"Location", "/v1/files/7-ab"}}, "{}"};
    });
    server_.route("GET", "/v1/files", http::Runs::kOnBlockingPool, [](const http::Request&) { return http::Response{}; });
    server_.guard([](http::Request& request, std::string_view) -> std::optional<http::Response> {
      if (request.header("authorization").empty()) return http::problem(401, "Token needed", "Send one.");
      request.principal = "delivery";
      return std::nullopt;
    });
    audit_writes(server_);
    server_.start();
  }
  // The log of one request; it is whole when the server has stopped.
  std::string log_of(const char* method, const std::string& target, const http::ClientHeaders& headers = {}) {
    testing::internal::CaptureStderr();
    const auto answer =
        http::call("127.0.0.1", server_.port(), method, target, headers, body_, std::chrono::seconds(10));
    EXPECT_TRUE(answer);
    server_.stop();
    return testing::internal::GetCapturedStderr();
  }

  http::Server server_{"127.0.0.1", 0};
  std::string body_ = "a,b\n";
  const http::ClientHeaders token_ = {{"authorization", "Bearer hush"}};
};

TEST_F(AuditTest, AWriteTellsWhoWroteWhatAndWhatBecameOfIt) {
  auto headers = token_;
  headers.emplace_back("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  const std::string line = log_of("POST", "/v1/uploads?name=a.csv&password=hush", headers);
  EXPECT_THAT(line, AllOf(HasSubstr(R"("level":"audit")"), HasSubstr(R"("who":"delivery")"), HasSubstr(R"("client":"127.0.0.1")"),
                          HasSubstr(R"("what":"POST /v1/uploads","target":"a.csv","status":202,"result":"/v1/files/7-ab")"),
                          HasSubstr(R"("trace":"4bf92f3577b34da6a3ce929d0e0e4736")"), Not(HasSubstr("hush"))));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST_F(AuditTest, ARefusedWriteIsToldToo) {
  EXPECT_THAT(log_of("POST", "/v1/uploads?name=a.csv"),
              AllOf(HasSubstr(R"("who":"")"), HasSubstr(R"("target":"a.csv","status":401)")));
}

TEST_F(AuditTest, AWriteWhoseBodyIsTooLongIsToldToo) {
  body_ = std::string(2 << 20, 'x');
  EXPECT_THAT(log_of("POST", "/v1/uploads", token_),
              AllOf(HasSubstr(R"("who":"delivery")"), HasSubstr(R"("target":"/v1/uploads","status":413)")));
}

TEST_F(AuditTest, ReadingIsNoWrite) { EXPECT_THAT(log_of("GET", "/v1/files", token_), IsEmpty()); }

TEST_F(AuditTest, NorIsADryRun) {
  EXPECT_THAT(log_of("POST", "/v1/uploads?name=a.csv&dry_run=true", token_), IsEmpty());
}

}  // namespace
}  // namespace sluice
