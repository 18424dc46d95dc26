// kill -9 in the middle of compressed files. What is unpacked has no place to jump to, so ingest unpacks again from
// the beginning; it must publish only what lies behind the last committed row.
#include <gtest/gtest.h>

#include "common/adapters/archive/test_packing.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

constexpr std::uint64_t kRows = 120'000;  // some 10 MB: two chunks

// `gzip -c a b`: two members, the second begins in the middle of a row.
std::string gzip_of_two_members(const std::string& text) {
  const std::size_t half = text.size() / 2;
  return archive::compressed(archive_write_add_filter_gzip, text.substr(0, half)) +
         archive::compressed(archive_write_add_filter_gzip, text.substr(half));
}

struct Packed {
  const char* suffix;
  const char* crash_point;  // in or before the second chunk
  std::string (*pack)(const std::string&);
};
const Packed kPacked[] = {
    {".gz", "ingest.chunk-produced:2", gzip_of_two_members},
    {".zst", "ingest.after-commit:1",
     [](const std::string& text) { return archive::compressed(archive_write_add_filter_zstd, text); }},
    {".bz2", "ingest.chunk-produced:2",
     [](const std::string& text) { return archive::compressed(archive_write_add_filter_bzip2, text); }},
    {".xz", "ingest.after-commit:1",
     [](const std::string& text) { return archive::compressed(archive_write_add_filter_xz, text); }},
};

TEST(CompressedKills, AFileGoesOnBehindItsLastCommittedRowAndNothingIsPublishedTwice) {
  Stack stack(fresh_stack_settings());
  BookingsGenerator bookings(7, {.duplicates = 0, .corrections = 0, .bad = 0.001});
  stack.start_all();
  std::size_t files = 0;
  for (const Packed& packed : kPacked) {
    SCOPED_TRACE(packed.suffix);
    stack.kill_hard("ingest");
    stack.start("ingest", {{"SLUICE_CRASH_POINT", packed.crash_point}});
    const BookingFile file = bookings.next_file(kRows);
    const std::string name = file.name + packed.suffix;
    stack.drop(name, packed.pack(file.content));
    ++files;
    ASSERT_TRUE(eventually([&] { return !stack.running("ingest"); }, std::chrono::seconds(90)))
        << "the point was never reached\n" << stack.log("ingest");
    ASSERT_TRUE(eventually([&] {
      const Receipt so_far = stack.receipts()[name];
      return so_far.state == "reading" && so_far.rows > 0;
    })) << "some of the file was to be committed";
    ASSERT_LT(stack.receipts()[name].rows, kRows);
    stack.start("ingest");
    ASSERT_TRUE(eventually([&] { return stack.all_settled(files); }, std::chrono::seconds(90))) << stack.log("ingest");
    const Receipt receipt = stack.receipts()[name];
    EXPECT_EQ(receipt.state, "done") << receipt.error;
    EXPECT_EQ(receipt.rows, kRows);
    EXPECT_EQ(receipt.dead_letters, file.bad_lines.size());
    EXPECT_EQ(receipt.records, kRows - file.bad_lines.size()) << "each row is new, and was published once";
    EXPECT_EQ(receipt.duplicates, 0U) << "what was published twice would count as a duplicate";
  }
  EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }, std::chrono::seconds(60)));
}

}  // namespace
}  // namespace sluice::testing
