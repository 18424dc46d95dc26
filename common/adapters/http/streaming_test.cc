// Bodies that are read as they come, against a real socket.
#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include "common/adapters/http/client.h"
#include "common/adapters/http/raw_client.h"
#include "common/adapters/http/server.h"

namespace sluice::http {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Response text(std::string body) { return {200, "text/plain", {}, std::move(body)}; }

class StreamingTest : public testing::Test {
 protected:
  void start(std::uint64_t body_bytes = std::uint64_t{1} << 40, Limits limits = {}) {
    server_ = std::make_unique<Server>("127.0.0.1", 0, limits);
    server_->route_streaming("POST", "/count/{name}", body_bytes,
                             [](const Request& request, BodyReader& body) {
                               return count(request, body);
                             });
    server_->route_streaming("POST", "/refuse", body_bytes, [](const Request&, BodyReader&) {
      return problem(422, "Refused", "Not this one.");
    });
    server_->route_streaming("POST", "/wait", body_bytes,
                             [this](const Request&, BodyReader& body) {
                               entered_ = true;
                               leave_.get_future().wait_for(20s);
                               char byte[1];
                               const auto got = body.read(byte);
                               return got ? text("late!") : got.error();
                             });
    server_->route("POST", "/echo", Runs::kOnIoThread,
                   [](const Request& request) { return text("[" + request.body + "]"); });
    server_->start();
  }
  static Response count(const Request& request, BodyReader& body) {
    std::size_t bytes = 0, sum = 0;
    std::string into(1000, '\0');
    for (;;) {
      const auto got = body.read(into);
      if (!got) return got.error();
      bytes += *got;
      for (std::size_t i = 0; i < *got; ++i) sum += static_cast<unsigned char>(into[i]);
      if (*got < into.size()) break;
    }
    return text(request.captures[0] + " " + std::to_string(bytes) + " " + std::to_string(sum) + "!");
  }
  std::string ask(std::string_view bytes) {
    RawClient client(server_->port());
    client.say(bytes);
    return client.hear();
  }
  void wait_until_entered() const {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!entered_ && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  }

  std::atomic<bool> entered_ = false;
  std::promise<void> leave_;
  std::unique_ptr<Server> server_;
};

TEST_F(StreamingTest, AHandlerReadsABodyOfAKnownLengthAndTheConnectionGoesOn) {
  start();
  RawClient client(server_->port());
  client.say("POST /count/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
             "POST /count/none HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.hear("!", 2), AllOf(HasSubstr("a 3 294!"), HasSubstr("[hi]"),
                                         HasSubstr("none 0 0!")));
}

TEST_F(StreamingTest, AndOneInChunksByteByByte) {
  start();
  RawClient client(server_->port());
  for (const char c : std::string("POST /count/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                                  "\r\nConnection: close\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")) {
    client.say({&c, 1});
  }
  EXPECT_THAT(client.hear(), HasSubstr("a 3 294!"));
}

TEST_F(StreamingTest, AClientStreamsALongBody) {
  start();
  std::size_t left = 20'000'001, sum = 0;
  const auto answer = post_stream(
      "127.0.0.1", server_->port(), "/count/long", {},
      [&](std::span<char> into) -> Result<std::size_t> {
        const std::size_t size = std::min(left, into.size());
        for (std::size_t i = 0; i < size; ++i) {
          into[i] = static_cast<char>((left - i) % 251);
          sum += (left - i) % 251;
        }
        left -= size;
        return size;
      },
      10s);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "long 20000001 " + std::to_string(sum) + "!");
}

TEST_F(StreamingTest, ABodyOverTheLimitIsRefusedBeforeOrWhileItIsRead) {
  start(1000);
  EXPECT_THAT(ask("POST /count/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(ask("POST /count/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3E8\r\n" +
                  std::string(1000, 'x') + "\r\n1\r\nx\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(StreamingTest, AnEarlyAnswerEndsTheSending) {
  start();
  std::size_t asked = 0;
  const auto endless = [&](std::span<char> into) -> Result<std::size_t> {
    asked += into.size();
    std::ranges::fill(into, 'x');
    return into.size();
  };
  const auto answer = post_stream("127.0.0.1", server_->port(), "/refuse", {}, endless, 10s);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 422);
  EXPECT_LT(asked, 100'000'000U);
}

TEST_F(StreamingTest, AClientThatAsksFirstIsAnsweredWithoutSending) {
  start();
  EXPECT_THAT(ask("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: "
                  "100-continue\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 422 "), Not(HasSubstr("100 Continue")),
                    HasSubstr("Connection: close")));
  RawClient client(server_->port());
  client.say("POST /count/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
             "Connection: close\r\n\r\n");
  EXPECT_EQ(client.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("ab");
  EXPECT_THAT(client.hear(), HasSubstr("a 2 195!"));
}

TEST_F(StreamingTest, ASourceThatFailsBreaksTheRequestOff) {
  start();
  const auto answer = post_stream(
      "127.0.0.1", server_->port(), "/count/a", {},
      [](std::span<char>) -> Result<std::size_t> { return fail("the disk is gone"); }, 10s);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("the disk is gone"));
}

TEST_F(StreamingTest, AHandlerThatDoesNotReadHoldsItsClientUp) {
  start();
  RawClient client(server_->port());
  client.say("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  wait_until_entered();
  EXPECT_LT(client.say_within(std::string(100'000'000, 'x'), {1, 0}), 50'000'000U);
  leave_.set_value();
}

TEST_F(StreamingTest, OneStreamTooManyIsToldToComeBack) {
  start(1000, {.streams = 1});
  RawClient first(server_->port());
  first.say("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
  wait_until_entered();
  EXPECT_THAT(ask("POST /count/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"),
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n")));
  leave_.set_value();
  first.say("x");
  EXPECT_THAT(first.hear("!"), HasSubstr("late!"));
}

TEST_F(StreamingTest, ASilentClientIsDropped) {
  start(1000, {.request_timeout_seconds = 1});
  RawClient client(server_->port());
  client.say("POST /count/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
  EXPECT_EQ(client.hear(), "");
}

TEST_F(StreamingTest, AStopDoesNotWaitForASilentClient) {
  start();
  RawClient client(server_->port());
  client.say("POST /count/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
  auto stopped = std::async(std::launch::async, [&] { server_->stop(); });
  EXPECT_EQ(stopped.wait_for(15s), std::future_status::ready);
}

}  // namespace
}  // namespace sluice::http
