// kill -9 at random moments of random victims, the broker and the database among them, while files stream
// in; then every report and every receipt is compared with the oracle. The seed is printed;
// SLUICE_TEST_SEED repeats a run's choices (not the operating system's timing).
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/private_servers.h"
#include "tests/support/stack.h"

namespace sluice::testing {
namespace {

std::uint64_t seed() {
  const char* given = std::getenv("SLUICE_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

constexpr int kKills = 30;

// What the services said last, for a reader who cannot repeat the run.
std::string last_words(const Stack& stack) {
  constexpr std::size_t kEach = 6000;
  std::string out;
  for (const char* service : Stack::kServices) {
    const std::string log = stack.log(service);
    out += std::string("--- ") + service + "\n" + log.substr(log.size() - std::min(log.size(), kEach)) + "\n";
  }
  return out;
}

TEST(RandomKills, ReportsAndReceiptsEqualTheOracleAfterThirtyKills) {
  const std::uint64_t chosen = seed();
  std::printf("SLUICE_TEST_SEED=%llu\n", static_cast<unsigned long long>(chosen));
  std::mt19937_64 random(chosen);

  PrivateServers servers;  // a broker and a database of this test's own: they are killed too
  Stack stack(StackSettings{servers.kafka(), servers.postgres_url(), "crash", bookings_definition()});
  BookingsGenerator bookings(chosen);
  stack.start_all();
  // The supervisor's part: whatever is down comes back.
  std::string killed;
  const auto supervise = [&] {
    for (const char* service : Stack::kServices) {
      if (stack.running(service)) continue;
      if (service != killed) std::printf("%s ended by itself\n", service);
      stack.start(service);
    }
    killed.clear();
  };

  std::size_t files = 0;
  std::map<std::string, int> kills;
  for (int i = 0; i < kKills; ++i) {
    const BookingFile file = bookings.next_file(1500);
    stack.drop(file.name, file.content);
    ++files;
    // The moment of a kill is what is random here, so this wait is the test's input, not its hope.
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 700));
    // Every tenth kill is the broker's, every tenth the database's.
    const auto dice = random() % 10;
    const std::string victim = dice == 0   ? "kafka"
                               : dice == 1 ? "postgres"
                                           : Stack::kServices[random() % 4];
    ++kills[victim];
    if (victim == "kafka") {
      servers.kill_kafka();
      servers.start_kafka();
    } else if (victim == "postgres") {
      servers.kill_postgres();
      servers.start_postgres();
    } else {
      stack.kill_hard(victim);
      killed = victim;
    }
    supervise();
  }
  for (const auto& [victim, times] : kills) std::printf("killed %s %d times\n", victim.c_str(), times);

  const bool settled = eventually(
      [&] {
        supervise();
        return stack.all_settled(files);
      },
      std::chrono::seconds(180));
  ASSERT_TRUE(settled) << "seed " << chosen << "\n" << last_words(stack);
  // A receipt tells that the rows are in the log. A service that chose to end, say because the database
  // came back as another, may still have its work before it when it is started again.
  const bool reported = eventually(
      [&] {
        supervise();
        return stack.report() == bookings.report();
      },
      std::chrono::seconds(120));
  if (!reported) std::printf("%s\n", last_words(stack).c_str());
  EXPECT_EQ(stack.report(), bookings.report()) << "seed " << chosen;

  std::uint64_t records = 0;
  for (const auto& [name, receipt] : stack.receipts()) {
    EXPECT_EQ(receipt.state, "done") << name << ": " << receipt.error;
    EXPECT_EQ(receipt.rows, 1500U) << name;
    EXPECT_TRUE(receipt.balances()) << name;
    records += receipt.records;
  }
  EXPECT_EQ(records, bookings.distinct_bookings()) << "a key is new exactly once";
}

}  // namespace
}  // namespace sluice::testing
