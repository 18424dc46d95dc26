// Two processes of each service side by side while files stream in: one after the other is restarted, then one
// of each kind is frozen for longer than its session with the group lasts. The other takes over; the frozen one
// wakes up, believes that it still owns what it had, and must not be able to do anything with it.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/report_text.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

constexpr std::size_t kRows = 2'000;
constexpr const char* kShared[] = {"ingest", "transform", "loader"};
// Gone is who has been silent for this long.
const std::map<std::string, std::string> kShortSession = {
    {"SLUICE_KAFKA__SESSION_TIMEOUT_MS", "3000"}, {"SLUICE_KAFKA__HEARTBEAT_INTERVAL_MS", "500"}};
// A machine that is busy otherwise makes sessions that short end by themselves, a few times in a row.
constexpr auto kPatience = std::chrono::seconds(120);

class TwoInstances : public ::testing::Test {
 protected:
  void SetUp() override {
    stack.start("api");
    for (const char* service : kShared) {
      for (const std::string& name : both(service)) stack.start(name, kShortSession);
    }
    for (const char* service : kShared) {
      for (const std::string& name : both(service)) expect_ready(name);
    }
  }
  static std::vector<std::string> both(const std::string& service) { return {service, service + "-2"}; }
  void expect_ready(const std::string& name) {
    EXPECT_TRUE(eventually([&] { return stack.get(name, "/readyz").status == 200; }))
        << name << ":\n" << stack.log(name);
  }
  // A file that is known before the next comes, so that the places of the files are in the oracle's order.
  void stream() {
    const BookingFile file = bookings.next_file(kRows);
    stack.drop(file.name, file.content);
    ++files;
    ASSERT_TRUE(eventually([&] { return stack.receipts().contains(file.name); }, kPatience))
        << file.name << logs();
  }
  // How often each worker of the service was told by its group what is its own.
  std::map<std::string, int> assignments(const std::string& name) const {
    std::map<std::string, int> counts;
    std::istringstream lines(stack.log(name));
    for (std::string line; std::getline(lines, line);) {
      if (line.find("\"msg\":\"partitions assigned\"") == std::string::npos) continue;
      ++counts[nlohmann::json::parse(line).at("worker")];
    }
    return counts;
  }
  // Each of its workers has been told anew since then, and has started what it was given.
  void expect_takes_over(const std::string& heir, const std::map<std::string, int>& before) {
    EXPECT_TRUE(eventually([&] {
      const auto now = assignments(heir);
      return std::ranges::all_of(before, [&](const auto& worker) {
        return now.at(worker.first) > worker.second;
      });
    })) << stack.log(heir);
    expect_ready(heir);
  }
  void expect_all_settled() {
    EXPECT_TRUE(eventually([&] { return stack.all_settled(files); }, kPatience)) << logs();
    EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
    EXPECT_EQ(stack.report(), bookings.report());
  }
  void expect_all_right() {
    expect_all_settled();
    std::uint64_t records = 0;
    for (const auto& [name, receipt] : stack.receipts()) {
      EXPECT_EQ(receipt.state, "done") << name << ": " << receipt.error;
      EXPECT_EQ(receipt.rows, kRows) << name;
      EXPECT_TRUE(receipt.balances()) << name;
      EXPECT_TRUE(eventually([&] { return stack.exists("data/archive/" + name); })) << name;
      records += receipt.records;
    }
    EXPECT_EQ(records, bookings.distinct_bookings()) << "a key is new exactly once";
    EXPECT_TRUE(eventually([&] {
      return report_from_csv(stack.file("data/out/monthly_restaurants_report.csv")) == bookings.report();
    })) << "two loaders write the one CSV file";
  }
  Report rest(const std::string& name) const {
    return report_from_json(stack.get(name, "/v1/reports/monthly_restaurants_report?limit=10000").body);
  }
  std::string logs() const {
    std::string out;
    for (const char* service : kShared) {
      for (const std::string& name : both(service)) out += "\n--- " + name + "\n" + stack.log(name);
    }
    return out;
  }

  Stack stack{fresh_stack_settings()};
  BookingsGenerator bookings{20261122};
  std::size_t files = 0;
};

TEST_F(TwoInstances, ShareTheWorkAndARollingRestartLosesAndDoublesNothing) {
  for (const char* service : kShared) {
    for (const std::string& name : both(service)) {
      SCOPED_TRACE(name);
      stream();
      EXPECT_EQ(stack.stop(name), 0) << stack.log(name);
      stream();
      stack.start(name, kShortSession);
      stream();
    }
  }
  expect_all_right();
}

TEST_F(TwoInstances, OfTheApiAnswerAlikeAndOneAnswersWhileTheOtherIsFrozenOrStopped) {
  stack.start("api-2");
  expect_ready("api-2");
  stream();
  expect_all_right();
  EXPECT_EQ(rest("api"), bookings.report());
  EXPECT_EQ(rest("api-2"), bookings.report());

  stack.signal("api-2", SIGSTOP);
  stream();
  expect_all_right();
  EXPECT_EQ(rest("api"), bookings.report());
  stack.signal("api-2", SIGCONT);
  EXPECT_EQ(rest("api-2"), bookings.report());

  EXPECT_EQ(stack.stop("api-2"), 0) << stack.log("api-2");
  EXPECT_EQ(rest("api"), bookings.report());
  stack.start("api-2");
  expect_ready("api-2");
  EXPECT_EQ(rest("api-2"), bookings.report());
}

class Frozen : public TwoInstances, public ::testing::WithParamInterface<const char*> {};

TEST_P(Frozen, InstanceIsReplacedAndHarmlessWhenItWakesUp) {
  const std::vector<std::string> names = both(GetParam());
  for (const std::string& zombie : names) {
    SCOPED_TRACE(zombie);
    const std::string& heir = zombie == names[0] ? names[1] : names[0];
    stream();  // it is in the middle of this one
    const auto before = assignments(heir);
    stack.signal(zombie, SIGSTOP);
    stream();
    expect_takes_over(heir, before);
    stream();
    // Whatever part of the files was its own, the other has done it.
    expect_all_settled();
    stack.signal(zombie, SIGCONT);
    stream();
    EXPECT_TRUE(stack.running(zombie)) << stack.log(zombie);
    expect_ready(zombie);
    expect_ready(heir);
  }
  stream();
  expect_all_right();
}

struct FreezePoint {
  const char* service;
  const char* point;
};
void PrintTo(const FreezePoint& at, std::ostream* out) { *out << at.point; }

class FrozenIn : public TwoInstances, public ::testing::WithParamInterface<FreezePoint> {};

// It wakes up in its transaction, with nobody between it and the commit but who fences it.
TEST_P(FrozenIn, ATransactionAnInstanceCannotCommitItWhenItWakesUp) {
  const auto& [service, point] = GetParam();
  const std::string heir = service, zombie = heir + "-2";
  ASSERT_EQ(stack.stop(zombie), 0) << stack.log(zombie);
  std::map<std::string, std::string> environment = kShortSession;
  environment["SLUICE_CRASH_POINT"] = std::string(point) + ":freeze";
  stack.start(zombie, environment);
  expect_ready(zombie);
  auto before = assignments(heir);
  // Which of the two reads a file is up to its name.
  for (int i = 0; i < 20 && !stack.frozen(zombie); ++i) {
    before = assignments(heir);
    stream();
    eventually([&] { return stack.frozen(zombie) || stack.all_settled(files); });
  }
  ASSERT_TRUE(stack.frozen(zombie)) << "never got to " << point << "\n" << stack.log(zombie);
  expect_takes_over(heir, before);
  stream();
  expect_all_settled();
  stack.signal(zombie, SIGCONT);
  stream();
  EXPECT_TRUE(eventually([&] { return stack.log(zombie).find("during\":\"commit") != std::string::npos; }))
      << "its commit must fail:\n" << stack.log(zombie);
  expect_ready(zombie);
  stream();
  expect_all_right();
}

INSTANTIATE_TEST_SUITE_P(Points, FrozenIn,
                         ::testing::Values(FreezePoint{"ingest", "ingest.chunk-produced"},
                                           FreezePoint{"transform", "stage1.before-commit"},
                                           FreezePoint{"transform", "stage2.before-commit"},
                                           FreezePoint{"loader", "loader.before-commit"}),
                         [](const auto& tested) {
                           std::string name = tested.param.point;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });
INSTANTIATE_TEST_SUITE_P(Services, Frozen, ::testing::ValuesIn(kShared),
                         [](const auto& service) { return std::string(service.param); });

}  // namespace
}  // namespace sluice::testing
