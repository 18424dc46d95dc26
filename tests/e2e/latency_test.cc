// The second that a user waits: from the close of a dropped file until its report is right in all places where
// it is looked at, on a pipeline that has done this before. What each stage took is printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "common/adapters/postgres/connection.h"
#include "tests/support/report_text.h"
#include "tests/e2e/stage_marks.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

using std::chrono::system_clock;

constexpr std::size_t kRows = 20'000;  // as many as in the real file of a month
constexpr int kWarmUp = 3;
constexpr int kDrops = 7;
constexpr std::int64_t kPromisedMs = 1'000;
// Whatever else this machine does can only lengthen what is measured: a round that was slow is repeated, until
// this is over.
constexpr auto kPatience = std::chrono::seconds(120);

std::int64_t unix_ms(system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

class Latency : public ::testing::Test {
 protected:
  void SetUp() override {
    stack.start_all();
    for (const char* service : Stack::kServices) {
      ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
          << service << ":\n" << stack.log(service);
    }
  }

  // The whole report; the table's sums are asked first, because a look at all rows takes time from what is
  // measured.
  bool table_is(const Report& expected) {
    ReportGroup sums;
    for (const auto& [key, group] : expected) {
      sums.bookings += group.bookings;
      sums.guests += group.guests;
      sums.cents += group.cents;
    }
    const auto rows = database.run(
        "SELECT count(*), sum(number_of_bookings)::bigint, sum(number_of_guests)::bigint, "
        "(sum(amount) * 100)::bigint FROM monthly_restaurants_report");
    return rows.integer(0, 0) == static_cast<std::int64_t>(expected.size()) &&
           rows.integer(0, 1) == sums.bookings && rows.integer(0, 2) == sums.guests &&
           rows.integer(0, 3) == sums.cents && stack.report() == expected;
  }
  bool rest_is(const Report& expected) {
    const std::string target = "/v1/reports/monthly_restaurants_report?limit=10000";
    return report_from_json(stack.get("api", target).body) == expected &&
           report_from_csv(stack.get("api", target, {{"Accept", "text/csv"}}).body) == expected;
  }
  bool csv_file_is(const Report& expected) {
    return report_from_csv(stack.file("data/out/monthly_restaurants_report.csv")) == expected;
  }

  // Drops a file and waits until its report is right everywhere; how long that took from its close.
  std::int64_t drop() {
    const BookingFile file = bookings.next_file(kRows);
    const Report expected = bookings.report();
    marks.begin();
    // Every second one as `cp` does it: written and closed where it is found. The others are moved in.
    const bool in_place = ++drops % 2 == 0;
    const auto closed = in_place ? stack.write(file.name, file.content) : stack.drop(file.name, file.content);
    std::int64_t table = 0, rest = 0, csv = 0;
    const auto note = [](std::int64_t& at, bool right) {
      if (at == 0 && right) at = unix_ms(system_clock::now());
    };
    EXPECT_TRUE(eventually([&] {
      if (table == 0) note(table, table_is(expected));
      if (table == 0) return false;  // the others follow it
      if (rest == 0) note(rest, rest_is(expected));
      if (csv == 0) note(csv, csv_file_is(expected));
      return rest > 0 && csv > 0;
    })) << file.name << "\n" << stack.log("ingest");
    std::printf("%s, %s:", file.name.c_str(), in_place ? "written" : "moved in");
    std::int64_t before = unix_ms(closed);
    std::vector<StageMark> all = marks.read();
    all.push_back({"table", table});
    for (const StageMark& mark : all) {
      std::printf(" %s +%lld", mark.stage, static_cast<long long>(mark.unix_ms - before));
      before = mark.unix_ms;
    }
    const std::int64_t whole = std::max(rest, csv) - unix_ms(closed);
    std::printf(" REST +%lld, CSV file +%lld: %lld ms\n", static_cast<long long>(rest - table),
                static_cast<long long>(csv - table), static_cast<long long>(whole));
    std::fflush(stdout);
    return whole;
  }

  StackSettings settings = fresh_stack_settings();
  Stack stack{settings};
  postgres::Connection database{settings.postgres_url, "latency-test"};
  StageMarks marks{settings.kafka, settings.topic_prefix};
  BookingsGenerator bookings{20261121};
  int drops = 0;
};

TEST_F(Latency, FromTheCloseOfAFileToItsReportInTheTableOverRestAndInTheCsvFileIsASecond) {
  for (int i = 0; i < kWarmUp; ++i) drop();  // first times are slower: memory, connections, the broker's compiler
  const auto end = std::chrono::steady_clock::now() + kPatience;
  std::int64_t median = 0;
  do {
    std::vector<std::int64_t> waits;
    for (int i = 0; i < kDrops; ++i) waits.push_back(drop());
    std::ranges::sort(waits);
    median = waits[kDrops / 2];
    std::printf("of %d files of %zu rows the median took %lld ms, the longest %lld ms\n", kDrops, kRows,
                static_cast<long long>(median), static_cast<long long>(waits.back()));
  } while (median > kPromisedMs && std::chrono::steady_clock::now() < end && !HasFailure());
  EXPECT_LE(median, kPromisedMs);
}

}  // namespace
}  // namespace sluice::testing
