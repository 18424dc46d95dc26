// kill -9 at every named point between two durable effects, one after the other, while files stream in.
// After each the service is started again, as a supervisor would, and in the end every report and every
// receipt must equal the oracle's.
#include <signal.h>

#include <gtest/gtest.h>

#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

struct KillPoint {
  const char* service;
  const char* point;
};

constexpr KillPoint kPoints[] = {
    {"ingest", "ingest.before-announce"}, {"ingest", "ingest.after-announce"},
    {"ingest", "ingest.chunk-produced"},  {"ingest", "ingest.after-commit"},
    {"ingest", "ingest.before-archive"},  {"ingest", "ingest.after-archive"},
    {"transform", "stage1.before-commit"}, {"transform", "stage1.after-commit"},
    {"transform", "stage1.after-apply"},   {"transform", "stage2.before-commit"},
    {"transform", "stage2.after-commit"},  {"transform", "stage2.after-apply"},
    {"loader", "loader.after-copy"},       {"loader", "loader.before-commit"},
    {"loader", "loader.after-commit"},     {"loader", "export.before-rename"},
};

TEST(KillPoints, EachServiceIsKilledAtEachNamedPointAndNothingIsLostOrDoubled) {
  Stack stack(fresh_stack_settings());
  BookingsGenerator bookings(25);
  stack.start_all();
  std::size_t files = 0;
  for (const KillPoint& kill : kPoints) {
    SCOPED_TRACE(kill.point);
    // The armed process replaces the running one, so this point is the next thing that ends it.
    stack.kill_hard(kill.service);
    stack.start(kill.service, {{"SLUICE_CRASH_POINT", kill.point}});
    const BookingFile file = bookings.next_file(400);
    stack.drop(file.name, file.content);
    ++files;
    ASSERT_TRUE(eventually([&] { return !stack.running(kill.service); }, std::chrono::seconds(90)))
        << "the point was never reached\n" << stack.log(kill.service);
    stack.start(kill.service);
    ASSERT_TRUE(eventually([&] { return stack.all_settled(files); }, std::chrono::seconds(90)))
        << stack.log(kill.service);
    ASSERT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
  }

  std::uint64_t records = 0, dead_letters = 0, rows = 0;
  for (const auto& [name, receipt] : stack.receipts()) {
    EXPECT_EQ(receipt.state, "done") << name << ": " << receipt.error;
    EXPECT_TRUE(receipt.balances()) << name;
    EXPECT_EQ(receipt.rows, 400U) << name;
    records += receipt.records;
    dead_letters += receipt.dead_letters;
    rows += receipt.rows;
    EXPECT_TRUE(stack.exists("data/archive/" + name)) << name;
  }
  EXPECT_EQ(rows, 400U * files);
  EXPECT_EQ(records, bookings.distinct_bookings()) << "a key is new exactly once";
  EXPECT_EQ(stack.report(), bookings.report());
}

}  // namespace
}  // namespace sluice::testing
