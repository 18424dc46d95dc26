// Each service runs in a process of its own, which ends as the supervisor would see it.
#include "common/runtime/service_host.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "common/adapters/http/client.h"
#include "common/base/error.h"

namespace sluice {
namespace {

using ::testing::ExitedWithCode;
using Wire = std::function<void(ServiceHost&)>;

void say(const std::string& words) { std::fprintf(stderr, "[%s]", words.c_str()); }

// Ends the process with what the service answers.
[[noreturn]] void serve(const Wire& wire, std::vector<const char*> flags = {}) {
  ::setenv("SLUICE_HTTP_PORT", "0", 1);
  flags.insert(flags.begin(), "sluice-loader");
  std::exit(run_service("loader", static_cast<int>(flags.size()), const_cast<char**>(flags.data()),
                        wire));
}

void add_speaking_part(
    ServiceHost& host, const std::string& name, const std::function<void()>& start = [] {}) {
  host.add_part(
      name,
      [name, start] {
        say("start " + name);
        start();
      },
      [name] { say("stop " + name); });
}

// What it answers to a GET, on stderr.
void ask(ServiceHost& host, const std::string& path) {
  const auto answer = http::get("127.0.0.1", host.http().port(), path);
  say(answer ? std::to_string(answer->status) + " " + answer->body : answer.error().message);
}

void terminate() { ::kill(::getpid(), SIGTERM); }

TEST(ServiceHostDeathTest, ASignalStopsThePartsInReverseOrder) {
  for (const int signal : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(serve([&](ServiceHost& host) {
                  add_speaking_part(host, "a");
                  add_speaking_part(host, "b", [&] { ::kill(::getpid(), signal); });
                }),
                ExitedWithCode(0), "\\[start a\\].*\\[start b\\].*\\[stop b\\].*\\[stop a\\]");
  }
}

TEST(ServiceHostDeathTest, AFailedPartEndsTheServiceWithItsCode) {
  EXPECT_EXIT(serve([](ServiceHost& host) {
                add_speaking_part(host, "a", [&host] { host.fail(3, "the log was truncated"); });
                add_speaking_part(host, "b");
              }),
              ExitedWithCode(3), "the log was truncated.*\\[stop a\\]");
}

TEST(ServiceHostDeathTest, WhatAStartThrowsDecidesTheExitCodeAndStopsWhatHasStarted) {
  const auto serve_start_that_throws = [](const std::function<void()>& thrower) {
    serve([&](ServiceHost& host) {
      add_speaking_part(host, "a");
      add_speaking_part(host, "b", thrower);
    });
  };
  EXPECT_EXIT(serve_start_that_throws([] { throw TaskBroken("no broker"); }), ExitedWithCode(1),
              "no broker.*\\[stop a\\]");
  EXPECT_EXIT(serve_start_that_throws([] { throw ConfigError("no such shard"); }),
              ExitedWithCode(2), "sluice-loader: no such shard.*\\[stop a\\]");
  EXPECT_EXIT(serve_start_that_throws([] { throw Unsafe("other partitions"); }), ExitedWithCode(3),
              "other partitions.*\\[stop a\\]");
}

TEST(ServiceHostDeathTest, AConfigurationErrorIsOneSentence) {
  EXPECT_EXIT(serve([](ServiceHost&) {}, {"--no-such-flag"}), ExitedWithCode(2),
              "^sluice-loader: .*no-such-flag");
  EXPECT_EXIT(serve([](ServiceHost&) { throw ConfigError("schemas: no such folder"); }),
              ExitedWithCode(2), "sluice-loader: schemas: no such folder");
}

TEST(ServiceHostDeathTest, ReadinessNamesWhatIsNotReadyAndLivenessDoesNotCare) {
  EXPECT_EXIT(serve([](ServiceHost& host) {
                host.ready_when("tables", [] { return std::string("waiting for \"PostgreSQL\""); });
                host.ready_when("log", [] { return std::string(); });
                host.add_part(
                    "asker",
                    [&host] {
                      ask(host, "/readyz");
                      ask(host, "/livez");
                      terminate();
                    },
                    [] {});
              }),
              ExitedWithCode(0),
              "\\[503 .*not ready.*\"tables\":\"waiting for "
              ".\"PostgreSQL.\"\",\"log\":\"ok\".*\\[200 .*alive");
}

TEST(ServiceHostDeathTest, ReadinessTellsOfDefinitionsThatAreNotInForceAndStaysReady) {
  EXPECT_EXIT(serve([](ServiceHost& host) {
                host.ready_when("tables", [] { return std::string(); });
                host.tell_definitions([] { return std::vector<std::string>{"a.yaml: \"x\"", "b"}; });
                host.add_part(
                    "asker",
                    [&host] {
                      ask(host, "/readyz");
                      terminate();
                    },
                    [] {});
              }),
              ExitedWithCode(0),
              "\\[200 .\"status\":\"ready\",\"checks\":.\"tables\":\"ok\".,\"definitions\":."
              "\"a.yaml: .\"x.\"\",\"b\"");
}

TEST(ServiceHostDeathTest, AReadyServiceSaysSoAndShowsItsMetricsAndVersion) {
  EXPECT_EXIT(serve([](ServiceHost& host) {
                host.ready_when("tables", [] { return std::string(); });
                host.add_part(
                    "asker",
                    [&host] {
                      for (const char* path : {"/readyz", "/healthz", "/version", "/metrics"})
                        ask(host, path);
                      terminate();
                    },
                    [] {});
              }),
              ExitedWithCode(0),
              "\\[200 .*\"ready\".*\\[200 .*\"ready\".*\\[200 .*\"service\":\"loader\".*\\[200 .*"
              "sluice_build_info\\{.*service=\"loader\"");
}

TEST(ServiceHostDeathTest, MetricsTellWhatReadinessTells) {
  EXPECT_EXIT(serve([](ServiceHost& host) {
                host.ready_when("tables", [] { return std::string("waiting for PostgreSQL"); });
                host.tell_definitions([] { return std::vector<std::string>{"a.yaml: no", "b.yaml: no"}; });
                host.add_part(
                    "asker",
                    [&host] {
                      ask(host, "/metrics");
                      terminate();
                    },
                    [] {});
              }),
              ExitedWithCode(0),
              "sluice_ready\\{check=\"tables\". 0.*sluice_definitions_not_in_force 2");
}

// What a second process with the same settings and --ready ends with.
int code_of_ready(std::uint16_t port) {
  ::setenv("SLUICE_HTTP_PORT", std::to_string(port).c_str(), 1);
  const char* arguments[] = {"sluice-loader", "--ready"};
  return run_service("loader", 2, const_cast<char**>(arguments), [](ServiceHost&) { say("wired"); });
}

TEST(ServiceHostDeathTest, ReadyAsksTheServiceThatRunsAndStartsNone) {
  auto reason = std::make_shared<std::string>("waiting for Kafka");
  EXPECT_EXIT(serve([&](ServiceHost& host) {
                host.ready_when("tables", [reason] { return *reason; });
                host.add_part(
                    "asker",
                    [&host, reason] {
                      say("not ready " + std::to_string(code_of_ready(host.http().port())));
                      reason->clear();
                      say("ready " + std::to_string(code_of_ready(host.http().port())));
                      terminate();
                    },
                    [] {});
              }),
              ExitedWithCode(0), "\\[not ready 1\\]\\[ready 0\\]");
}

TEST(ServiceHostDeathTest, ReadyIsNoWhereNothingRuns) {
  constexpr std::uint16_t kNobodysPort = 1;
  EXPECT_EXIT(std::exit(code_of_ready(kNobodysPort)), ExitedWithCode(1), "^$");
}

}  // namespace
}  // namespace sluice
