// kill -9 of ingest while it reads archives: at each of its named points, and within a file of one.
#include <signal.h>

#include <gtest/gtest.h>

#include "common/adapters/archive/test_packing.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

using namespace std::chrono_literals;

class ArchiveKills : public ::testing::Test {
 protected:
  // Ingest is killed at the point while it reads an archive of these files, and started again.
  void kill_while_reading(const std::string& point, const std::string& archive, const std::vector<BookingFile>& files) {
    SCOPED_TRACE(point);
    stack.kill_hard("ingest");
    stack.start("ingest", {{"SLUICE_CRASH_POINT", point}});
    std::vector<std::pair<std::string, std::string>> packed;
    for (const BookingFile& file : files) packed.emplace_back(file.name, file.content);
    stack.drop(archive, archive::packed_files(archive.ends_with(".zip") ? archive_write_set_format_zip
                                                                        : archive_write_set_format_ustar,
                                              nullptr, packed));
    ASSERT_TRUE(eventually([&] { return !stack.running("ingest"); }, 90s))
        << "the point was never reached\n" << stack.log("ingest");
    stack.start("ingest");
    settled_ += files.size() + 1;
    ASSERT_TRUE(eventually([&] { return stack.all_settled(settled_); }, 120s)) << stack.log("ingest");
    ASSERT_TRUE(eventually([&] { return stack.report() == bookings.report(); }, 90s));
    EXPECT_TRUE(eventually([&] { return stack.exists("data/archive/" + archive); }));
    EXPECT_FALSE(stack.exists("data/in/" + archive));
    for (const BookingFile& file : files) {
      const Receipt receipt = stack.receipts()[archive + "/" + file.name];
      EXPECT_EQ(receipt.state, "done") << file.name << ": " << receipt.error;
      EXPECT_EQ(receipt.rows, file.rows) << file.name;
      EXPECT_TRUE(receipt.balances()) << file.name;
    }
  }
  // Some file was gone on with at a byte that is not its first.
  bool resumed_within_a_file() const {
    const std::string log = stack.log("ingest");
    const std::string_view mark = "reading resumed";
    for (std::size_t at = log.find(mark); at != std::string::npos; at = log.find(mark, at + 1)) {
      const std::string line = log.substr(at, log.find('\n', at) - at);
      if (line.find("\"from_byte\":0") == std::string::npos) return true;
    }
    return false;
  }
  void expect_every_booking_new_once() {
    std::uint64_t records = 0;
    for (const auto& [name, receipt] : stack.receipts()) records += receipt.records;
    EXPECT_EQ(records, bookings.distinct_bookings());
  }

  Stack stack{fresh_stack_settings()};
  BookingsGenerator bookings{20261130};

 private:
  std::size_t settled_ = 0;
};

TEST_F(ArchiveKills, AtEachNamedPointNothingIsLostOrDoubled) {
  stack.start_all();
  int number = 0;
  for (const char* point : {"ingest.before-announce", "ingest.after-announce", "ingest.chunk-produced",
                            "ingest.after-commit", "ingest.chunk-produced:2", "ingest.after-commit:2",
                            "ingest.chunk-produced:4", "ingest.after-commit:4", "ingest.before-archive",
                            "ingest.after-archive"}) {
    ++number;
    const std::string archive = "delivery-" + std::to_string(number) + (number % 2 == 0 ? ".zip" : ".tar");
    kill_while_reading(point, archive, {bookings.next_file(150), bookings.next_file(100), bookings.next_file(50)});
    if (HasFatalFailure()) return;
  }
  expect_every_booking_new_once();
}

TEST_F(ArchiveKills, WithinAFileItIsGoneOnWithAtTheNextByte) {
  stack.start_all();
  // The middle one takes several transactions; which of ingest's is one of them differs from run to run.
  bool within = false;
  for (int nth = 6; nth <= 10 && !within; ++nth) {
    kill_while_reading("ingest.chunk-produced:" + std::to_string(nth), "large-" + std::to_string(nth) + ".zip",
                       {bookings.next_file(100), bookings.next_file(400'000), bookings.next_file(100)});
    if (HasFatalFailure()) return;
    within = resumed_within_a_file();
  }
  EXPECT_TRUE(within) << stack.log("ingest");
  expect_every_booking_new_once();
}

}  // namespace
}  // namespace sluice::testing
