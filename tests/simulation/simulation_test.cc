// Two thousand worlds, each from its own seed; in each, files go through faults, crashes between any two
// durable effects, zombies, compaction and reordering, and in the end every figure must be the oracle's.
//
//   SLUICE_SIMULATION_SEEDS=N     how many (2,000, and 1,000 with retries of dead letters)
//   SLUICE_SIMULATION_SEED=S      only this one
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/simulation/world.h"

namespace sluice::testing {
namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// It takes one of the two ways in which dates are written.
std::string narrow_definition() {
  std::string out = bookings_definition();
  const std::string both = R"(["%d/%m/%Y", "%d-%m-%Y"])";
  return out.replace(out.find(both), both.size(), R"(["%d-%m-%Y"])");
}

struct Totals {
  std::uint64_t crashes = 0, failures = 0, restarts = 0;
};

void simulate(std::uint64_t seed, Totals& totals) {
  SCOPED_TRACE("repeat with SLUICE_SIMULATION_SEED=" + std::to_string(seed));
  World world(seed);
  BookingsGenerator bookings(seed, {.restaurants = 6, .years = 1, .duplicates = 0.15, .corrections = 0.2, .bad = 0.1});
  std::vector<BookingFile> files;
  std::size_t bad_rows = 0, rows = 0;
  for (std::uint64_t i = 0; i < 2 + seed % 4; ++i) {
    files.push_back(bookings.next_file(20 + (seed * 7 + i * 13) % 60));
    bad_rows += files.back().bad_lines.size();
    rows += files.back().rows;
  }
  world.deliver(files);
  world.run(static_cast<int>(150 + seed % 300));
  world.settle();

  EXPECT_EQ(world.report_in_rows_topic(), bookings.report());
  std::uint64_t records = 0, all_rows = 0;
  std::size_t done = 0;
  for (const auto& [id, entry] : world.ledger()) {
    EXPECT_EQ(entry.state, FileState::kDone) << id << ": " << entry.error;
    EXPECT_TRUE(entry.balanced()) << id;
    records += entry.records;
    all_rows += entry.rows;
    ++done;
  }
  EXPECT_EQ(done, files.size());
  EXPECT_EQ(all_rows, rows);
  EXPECT_EQ(records, bookings.distinct_bookings()) << "a key is new exactly once";
  EXPECT_EQ(world.messages(world.topics().dead_letters("bookings")), bad_rows);
  EXPECT_EQ(world.messages(world.topics().records("bookings")), rows - bad_rows) << "published once each";
  EXPECT_EQ(world.folder().archived().size(), files.size());
  EXPECT_TRUE(world.folder().empty());
  totals.crashes += world.faults().crashes();
  totals.failures += world.faults().failures();
  totals.restarts += world.restarts();
}

// Files are read by a definition that refuses half of their rows, some of them while it is being mended; what became a
// letter is retried, more than once, in the middle of all that; files with corrections come before, between and after.
void simulate_retries(std::uint64_t seed, Totals& totals) {
  SCOPED_TRACE("repeat with SLUICE_SIMULATION_SEED=" + std::to_string(seed));
  World world(seed, narrow_definition());
  BookingsGenerator bookings(seed, {.restaurants = 6, .years = 1, .duplicates = 0.15, .corrections = 0.2, .bad = 0.1});
  std::size_t bad_rows = 0, rows = 0;
  const auto files = [&](std::uint64_t count) {
    std::vector<BookingFile> out;
    for (std::uint64_t i = 0; i < count; ++i) {
      out.push_back(bookings.next_file(20 + (seed * 7 + i * 13) % 40));
      bad_rows += out.back().bad_lines.size();
      rows += out.back().rows;
    }
    return out;
  };
  const auto some = [&](std::uint64_t most) { return static_cast<int>(world.faults().below(most)); };
  world.deliver(files(1 + seed % 3));
  world.run(some(300));
  if (seed % 3 == 0) world.retry();  // of no use yet; and it may be read when the definition is another
  world.run(some(50));
  world.mend(bookings_definition());
  world.run(some(50));
  world.retry();
  world.deliver(files(seed % 2));
  world.run(some(100));
  world.retry();  // of what the first has not settled yet, too
  world.run(some(200));
  world.settle();
  world.retry();
  world.run(some(100));
  world.settle();

  EXPECT_EQ(world.report_in_rows_topic(), bookings.report()) << "as if the definition had been right from the start";
  EXPECT_EQ(world.open_letters().size(), bad_rows);
  std::uint64_t records = 0, rows_of_files = 0;
  for (const auto& [id, entry] : world.ledger()) {
    const bool retry = entry.file.source == "retry";
    EXPECT_TRUE(entry.balanced() || (retry && entry.state != FileState::kDone)) << id << ": " << entry.error;
    EXPECT_TRUE(entry.state == FileState::kDone || retry) << id << ": " << entry.error;
    EXPECT_FALSE(entry.awaits_counts()) << id;
    records += entry.records;
    if (!retry) rows_of_files += entry.rows;
  }
  EXPECT_EQ(rows_of_files, rows);
  EXPECT_EQ(records, bookings.distinct_bookings()) << "a key is new exactly once";
  EXPECT_TRUE(world.folder().empty());
  totals.crashes += world.faults().crashes();
  totals.failures += world.faults().failures();
  totals.restarts += world.restarts();
}

using Simulate = void (*)(std::uint64_t seed, Totals& totals);

void simulate_all(Simulate simulate_one, std::uint64_t worlds) {
  const std::uint64_t only = number("SLUICE_SIMULATION_SEED", 0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t last = only != 0 ? only : number("SLUICE_SIMULATION_SEEDS", worlds);
  Totals totals;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    simulate_one(seed, totals);
    if (::testing::Test::HasFailure()) {
      std::printf("failing seed: %llu\n", static_cast<unsigned long long>(seed));
      return;
    }
  }
  std::printf("%llu worlds: %llu kills between two durable effects, %llu failed calls, %llu restarts, 0 mismatches\n",
              static_cast<unsigned long long>(last - first + 1), static_cast<unsigned long long>(totals.crashes),
              static_cast<unsigned long long>(totals.failures), static_cast<unsigned long long>(totals.restarts));
  if (only == 0) {
    EXPECT_GT(totals.crashes, last) << "the faults are not being injected";
  }
}

TEST(Simulation, EveryWorldEndsWithTheOraclesFigures) { simulate_all(simulate, 2000); }

TEST(Simulation, RetriesOfDeadLettersEndWithTheOraclesFiguresToo) { simulate_all(simulate_retries, 1000); }

}  // namespace
}  // namespace sluice::testing
