// Against a real socket on a free local port: what no pure test can see.
#include "common/adapters/http/server.h"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "common/adapters/http/client.h"
#include "common/adapters/http/raw_client.h"
#include "common/base/error.h"

namespace sluice::http {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Holds handlers until opened.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++entered_;
    changed_.notify_all();
    changed_.wait_for(lock, 10s, [&] { return open_; });
  }
  void wait_until_entered(int times = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return entered_ >= times; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int entered_ = 0;
};

class ServerTest : public testing::Test {
 protected:
  void start(Limits limits = {}) {
    server_ = std::make_unique<Server>("127.0.0.1", 0, limits);
    server_->route("GET", "/hello/{name}", Runs::kOnIoThread, [](const Request& request) {
      return Response{200, "text/plain", {}, "hello " + request.captures[0] + "!"};
    });
    server_->route("POST", "/echo", Runs::kOnBlockingPool, [](const Request& request) {
      return Response{200, "text/plain", {}, "[" + request.body + "]"};
    });
    server_->route("GET", "/slow", Runs::kOnBlockingPool, [this](const Request&) {
      gate_.pass();
      return Response{200, "text/plain", {}, "late!"};
    });
    server_->route("GET", "/large", Runs::kOnBlockingPool, [this](const Request&) {
      ++large_;
      return Response{200, "text/plain", {}, std::string(kLarge, 'x')};
    });
    server_->route("GET", "/broken", Runs::kOnBlockingPool,
                   [](const Request&) -> Response { throw std::runtime_error("secret detail"); });
    server_->observe([this](const Answered& answered) {
      const std::lock_guard lock(mutex_);
      observed_ += std::string(answered.method) + " " + std::string(answered.route) + " " +
                   std::to_string(answered.response.status) + "; ";
    });
    server_->start();
  }
  std::string ask(std::string_view bytes) {
    RawClient client(server_->port());
    client.say(bytes);
    return client.hear();
  }

  // More than the kernel takes off the server's hands.
  static constexpr std::size_t kLarge = 16 * 1024 * 1024;

  std::mutex mutex_;
  std::string observed_;
  std::atomic<int> large_{0};
  Gate gate_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersAndCloses) {
  start();
  EXPECT_THAT(ask("GET /hello/w%C3%B6rld HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Connection: close\r\n"),
                    HasSubstr("hello wörld!")));
  EXPECT_THAT(ask("GET /hello/old HTTP/1.0\r\n\r\n"), HasSubstr("hello old!"));
}

TEST_F(ServerTest, KeepsAConnectionAndAnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(server_->port());
  client.say("GET /hello/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.hear("!"), HasSubstr("hello 1"));
  client.say(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /hello/2 "
      "HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /hello/3 HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string heard = client.hear("!", 2);
  EXPECT_LT(heard.find("[abc]"), heard.find("hello 2"));
  EXPECT_LT(heard.find("hello 2"), heard.find("hello 3"));
}

TEST_F(ServerTest, ARequestMayComeByteByByte) {
  start();
  RawClient client(server_->port());
  for (const char c :
       std::string("\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                   "Connection: close\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")) {
    client.say({&c, 1});
  }
  EXPECT_THAT(client.hear(), HasSubstr("[abc]"));
}

TEST_F(ServerTest, HeadAnswersWithTheLengthAndNoBody) {
  start();
  EXPECT_THAT(ask("HEAD /hello/you HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("Content-Length: 10\r\n"), Not(HasSubstr("hello you"))));
}

TEST_F(ServerTest, AnotherMethodIsToldWhichAreAllowed) {
  start();
  EXPECT_THAT(ask("DELETE /hello/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n"),
                    HasSubstr("problem+json")));
}

TEST_F(ServerTest, APageOfAnotherSiteChangesNothing) {
  start();
  const auto post = [&](const std::string& field) {
    return ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n" + field + "\r\nx");
  };
  for (const char* site : {"cross-site", "same-site"}) {
    EXPECT_THAT(post("Sec-Fetch-Site: " + std::string(site) + "\r\n"),
                AllOf(StartsWith("HTTP/1.1 403 "), Not(HasSubstr("[x]"))));
  }
  EXPECT_THAT(post("Sec-Fetch-Site: same-origin\r\n"), HasSubstr("[x]"));
  EXPECT_THAT(post("Sec-Fetch-Site: none\r\n"), HasSubstr("[x]"));
  EXPECT_THAT(post(""), HasSubstr("[x]")) << "no browser";
  EXPECT_THAT(ask("GET /hello/x HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: cross-site\r\nConnection: close\r\n\r\n"),
              HasSubstr("hello x!"));
}

TEST_F(ServerTest, AnUnknownPathIsAProblemWithPathAndId) {
  start();
  EXPECT_THAT(
      ask("GET /no HTTP/1.1\r\nHost: a\r\nX-Request-Id: abc-1\r\nConnection: close\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("\"instance\":\"/no\""),
            HasSubstr("\"request_id\":\"abc-1\""), HasSubstr("X-Request-Id: abc-1\r\n")));
}

TEST_F(ServerTest, TheTraceparentGoesBack) {
  start();
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_THAT(ask("GET /hello/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\ntraceparent: " + trace +
                  "\r\n\r\n"),
              AllOf(HasSubstr("traceparent: " + trace),
                    HasSubstr("X-Request-Id: 0af7651916cd43dd8448eb211c80319c")));
}

TEST_F(ServerTest, AHandlersExceptionStaysInside) {
  start();
  EXPECT_THAT(ask("GET /broken HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("secret"))));
}

TEST_F(ServerTest, TooLargeAHeaderIsRefused) {
  start({.header_bytes = 1024});
  const std::string large(2000, 'x');
  EXPECT_THAT(ask("GET /hello/x HTTP/1.1\r\nHost: a\r\nX: " + large + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, TooLargeABodyIsRefusedWhetherAnnouncedOrChunked) {
  start({.body_bytes = 1000});
  const std::string large(500'000, 'x');
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + large),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(
      ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7A120\r\n" + large),
      StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, AClientThatAsksFirstIsToldToGoOn) {
  start();
  RawClient client(server_->port());
  client.say(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: "
      "close\r\n\r\n");
  EXPECT_EQ(client.hear("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("ab");
  EXPECT_THAT(client.hear(), HasSubstr("[ab]"));
}

TEST_F(ServerTest, ABadRequestIsAnsweredOnceAndTheConnectionEnds) {
  start();
  const std::string smuggled = "GET /hello/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string head :
       {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n",
        "GET /echo HTTP/1.1\nHost: a\n\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "nonsense\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    const std::string answer = ask(head + smuggled);
    EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("Connection: close\r\n")))
        << head;
    EXPECT_THAT(answer, Not(HasSubstr("hello smuggled"))) << head;
  }
}

TEST_F(ServerTest, ASlowClientIsDropped) {
  start({.request_timeout_seconds = 1, .idle_timeout_seconds = 1});
  RawClient silent(server_->port());
  RawClient half(server_->port());
  half.say("GET /hello/x HTTP/1.1\r\nHo");
  EXPECT_EQ(half.hear(), "");
  EXPECT_EQ(silent.hear(), "");
}

TEST_F(ServerTest, OneConnectionTooManyIsToldToComeBack) {
  start({.connections = 2});
  RawClient first(server_->port()), second(server_->port());
  for (RawClient* client : {&first, &second}) client->say("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  gate_.wait_until_entered(2);
  EXPECT_THAT(ask("GET /hello/out HTTP/1.1\r\nHost: a\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n")));
  gate_.open();
  for (RawClient* client : {&first, &second}) EXPECT_THAT(client->hear("!"), HasSubstr("late!"));
}

TEST_F(ServerTest, AnIdleConnectionMakesRoomTheLongestFirst) {
  start({.connections = 2});
  RawClient first(server_->port()), second(server_->port());
  for (RawClient* client : {&first, &second}) {
    client->say("GET /hello/in HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client->hear("!"), HasSubstr("hello in"));
  }
  EXPECT_THAT(ask("GET /hello/third HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("hello third!"));
  EXPECT_EQ(first.hear(), "") << "its place was given away";
  second.say("GET /hello/still HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(second.hear(), HasSubstr("hello still!"));
}

TEST_F(ServerTest, ClientsThatNeitherSendNorTakeMakeRoomAfterASecond) {
  start({.connections = 4});
  RawClient half_head(server_->port()), half_body(server_->port()), deaf(server_->port()), last(server_->port());
  half_head.say("GET /hello/x HTTP/1.1\r\nHo");
  half_body.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  deaf.say("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  last.say("GET /hello/x HTTP/1.1\r\nHo");
  std::string answer;
  for (const auto end = std::chrono::steady_clock::now() + 10s;
       !answer.starts_with("HTTP/1.1 200") && std::chrono::steady_clock::now() < end;) {
    answer = ask("GET /hello/in HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }
  EXPECT_THAT(answer, HasSubstr("hello in!"));
}

TEST_F(ServerTest, AnswersThatNobodyTakesAreBoundedAndWhatNeedsNoDatabaseIsServedOn) {
  start({.unsent_bytes = 2 * kLarge});
  std::vector<std::unique_ptr<RawClient>> deaf;
  for (int i = 0; i < 40; ++i) {
    deaf.push_back(std::make_unique<RawClient>(server_->port()));
    deaf.back()->say("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  std::string refused;
  for (const auto end = std::chrono::steady_clock::now() + 10s;
       !refused.starts_with("HTTP/1.1 503") && std::chrono::steady_clock::now() < end;) {
    refused = ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  EXPECT_THAT(refused, AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n")));
  EXPECT_LE(large_.load(), 2 + Limits{}.blocking_threads) << "answers were made that nobody took";
  EXPECT_THAT(ask("GET /hello/in HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), HasSubstr("hello in!"));
  deaf.clear();
  std::string served;
  for (const auto end = std::chrono::steady_clock::now() + 10s;
       !served.starts_with("HTTP/1.1 200") && std::chrono::steady_clock::now() < end;) {
    served = ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  EXPECT_THAT(served, HasSubstr("[]")) << "what is given back was not counted";
}

TEST_F(ServerTest, ABlockingHandlerDoesNotHoldUpTheOthers) {
  start();
  RawClient waiting(server_->port());
  waiting.say("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  gate_.wait_until_entered();
  EXPECT_THAT(ask("GET /hello/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("hello x"));
  gate_.open();
  EXPECT_THAT(waiting.hear(), HasSubstr("late!"));
}

TEST_F(ServerTest, AStopLetsRunningAnswersEndAndClosesIdleConnections) {
  start();
  RawClient idle(server_->port()), running(server_->port());
  idle.say("GET /hello/x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(idle.hear("!"), HasSubstr("hello"));
  running.say("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  gate_.wait_until_entered();
  const std::uint16_t port = server_->port();
  auto stopped = std::async(std::launch::async, [&] { server_->stop(); });
  EXPECT_EQ(idle.hear(), "");
  EXPECT_FALSE(RawClient(port).connected());
  gate_.open();
  EXPECT_THAT(running.hear(), AllOf(HasSubstr("late!"), HasSubstr("Connection: close\r\n")));
  EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
}

TEST_F(ServerTest, TheObserverSeesPatternsNeverPaths) {
  start();
  ASSERT_TRUE(get("127.0.0.1", server_->port(), "/hello/secret"));
  ASSERT_TRUE(get("127.0.0.1", server_->port(), "/nowhere"));
  ASSERT_TRUE(call("127.0.0.1", server_->port(), "BREW", "/hello/x", {}, {}, 5s));
  server_->stop();
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(observed_, "GET /hello/{name} 200; other unmatched 404; other unmatched 405; ");
}

TEST_F(ServerTest, AGuardRefusesBeforeTheBodyIsTakenAndNamesWhomItLetsIn) {
  start();
  std::atomic<int> handled{0};
  server_->route("POST", "/guarded", Runs::kOnBlockingPool, [&](const Request& request) {
    ++handled;
    return Response{200, "text/plain", {}, request.principal + " from " + request.client};
  });
  server_->guard([](Request& request, std::string_view route) -> std::optional<Response> {
    if (route != "/guarded") return std::nullopt;
    if (request.header("authorization") == "throw") throw std::runtime_error("no memory");
    if (request.header("authorization").empty()) return problem(401, "Who are you?", "Say so.");
    request.principal = "me";
    return std::nullopt;
  });
  // The body never comes, and is not waited for.
  EXPECT_THAT(ask("POST /guarded HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("Connection: close\r\n"), HasSubstr("Who are you?")));
  EXPECT_THAT(ask("POST /guarded HTTP/1.1\r\nHost: a\r\nAuthorization: throw\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 500 "));
  EXPECT_EQ(handled, 0);
  const auto let_in = post("127.0.0.1", server_->port(), "/guarded", "body", {{"Authorization", "me"}});
  ASSERT_TRUE(let_in) << let_in.error().message;
  EXPECT_EQ(let_in->body, "me from 127.0.0.1");
  EXPECT_THAT(ask("GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(ServerTest, AConnectionWhoseRequestWithoutABodyWasRefusedGoesOn) {
  start();
  server_->guard([](Request& request, std::string_view) -> std::optional<Response> {
    if (request.header("authorization").empty()) return problem(401, "Who are you?", "Say so!");
    return std::nullopt;
  });
  RawClient client(server_->port());
  client.say("GET /hello/1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.hear("}"), HasSubstr("Who are you?"));
  client.say("GET /hello/2 HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\n\r\n");
  EXPECT_THAT(client.hear("!"), HasSubstr("hello 2"));
}

TEST_F(ServerTest, TheClientPostsAndReads) {
  start();
  const auto answer = post("127.0.0.1", server_->port(), "/echo", "some text");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "[some text]");
  EXPECT_EQ(answer->header("content-type"), "text/plain");
}

TEST_F(ServerTest, ATakenPortIsAConfigurationErrorThatNamesIt) {
  start();
  try {
    Server second("127.0.0.1", server_->port());
    FAIL() << "the port was taken twice";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), HasSubstr(std::to_string(server_->port())));
  }
}

TEST(ClientTest, SaysWhereNobodyAnswers) {
  Server gone("127.0.0.1", 0);
  const std::uint16_t port = gone.port();
  const auto answer = get("127.0.0.1", port, "/", {}, 300ms);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1:" + std::to_string(port)));
}

}  // namespace
}  // namespace sluice::http
