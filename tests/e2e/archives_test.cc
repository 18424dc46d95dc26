// Zip and tar files, dropped in a folder and sent by HTTP: each file in them is one of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "common/adapters/archive/test_packing.h"
#include "common/adapters/http/client.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Files = std::vector<std::pair<std::string, std::string>>;

std::string zip(const Files& files) {
  return archive::packed_files(archive_write_set_format_zip, nullptr, files);
}
std::string tar_gz(const Files& files) {
  return archive::packed_files(archive_write_set_format_pax_restricted, archive_write_add_filter_gzip, files);
}

// A zip of one file of more than a GiB, which is a MiB itself. Never whole in memory.
std::string bomb(const std::string& name) {
  std::string out(std::size_t{8} << 20, '\0');
  std::size_t used = 0;
  struct archive* a = archive_write_new();
  EXPECT_EQ(archive_write_set_format_zip(a), ARCHIVE_OK);
  EXPECT_EQ(archive_write_open_memory(a, out.data(), out.size(), &used), ARCHIVE_OK);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  EXPECT_EQ(archive_write_header(a, entry), ARCHIVE_OK);
  const std::string piece(std::size_t{1} << 20, '\n');
  for (int i = 0; i < 1024 + 64; ++i) archive_write_data(a, piece.data(), piece.size());
  archive_entry_free(entry);
  EXPECT_EQ(archive_write_close(a), ARCHIVE_OK);
  archive_write_free(a);
  out.resize(used);
  return out;
}

class Archives : public ::testing::Test {
 protected:
  void SetUp() override {
    stack.start_all();
    for (const char* service : Stack::kServices) {
      ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
          << service << ":\n" << stack.log(service);
    }
  }
  Receipt settled(const std::string& name) {
    EXPECT_TRUE(eventually([&] {
      const auto all = stack.receipts();
      const auto found = all.find(name);
      return found != all.end() && found->second.balances() &&
             (found->second.state == "done" || found->second.state == "duplicate" ||
              found->second.state == "failed");
    })) << name << " never settled\n" << stack.log("ingest");
    return stack.receipts()[name];
  }
  void expect_read(const std::string& name, const BookingFile& file) {
    const Receipt receipt = settled(name);
    EXPECT_EQ(receipt.state, "done") << name << ": " << receipt.error;
    EXPECT_EQ(receipt.rows, file.rows) << name;
    EXPECT_EQ(receipt.dead_letters, file.bad_lines.size()) << name;
  }
  void expect_report() {
    EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
    EXPECT_EQ(stack.report(), bookings.report());
  }
  bool comes_to_lie_in(const std::string& path) {
    return eventually([&] { return stack.exists(path); });
  }

  Stack stack{fresh_stack_settings()};
  BookingsGenerator bookings{20261130};
};

TEST_F(Archives, EveryFileHasItsOwnReceiptAndLaterOnesCorrectEarlierOnes) {
  const BookingFile one = bookings.next_file(800), two = bookings.next_file(700), three = bookings.next_file(600);
  stack.drop("delivery.zip", zip({{"2017/", ""}, {"2017/" + one.name, one.content}, {two.name, two.content}}));
  expect_read("delivery.zip/2017/" + one.name, one);
  expect_read("delivery.zip/" + two.name, two);
  const Receipt archive = settled("delivery.zip");
  EXPECT_EQ(archive.state, "done") << archive.error;
  EXPECT_EQ(archive.rows, 0U) << "its rows are its files'";
  EXPECT_TRUE(comes_to_lie_in("data/archive/delivery.zip"));
  stack.drop("later.tar.gz", tar_gz({{"./" + three.name, three.content}}));
  expect_read("later.tar.gz/" + three.name, three);
  EXPECT_TRUE(comes_to_lie_in("data/archive/later.tar.gz"));
  expect_report();

  const auto receipt = stack.get("api", "/v1/files/" + settled("delivery.zip/" + two.name).id);
  ASSERT_EQ(receipt.status, 200);
  EXPECT_EQ(nlohmann::json::parse(receipt.body).at("bytes"), two.content.size());

  // A row that was refused says which file of the archive it stood in.
  const auto letters = nlohmann::json::parse(
      stack.get("api", "/v1/dead-letters?file=" + settled("delivery.zip/" + two.name).id).body);
  ASSERT_EQ(letters.at("dead_letters").size(), two.bad_lines.size());
  for (const auto& letter : letters.at("dead_letters")) EXPECT_EQ(letter.at("entry"), 2);
}

TEST_F(Archives, TheSameFilesInAnotherArchiveOrAloneAreDuplicates) {
  const BookingFile two = bookings.next_file(300), one = bookings.next_file(300);  // in the order of their coming
  stack.drop(two.name, two.content);
  expect_read(two.name, two);
  stack.drop("both.zip", zip({{one.name, one.content}, {"copy/" + two.name, two.content}}));
  expect_read("both.zip/" + one.name, one);
  EXPECT_EQ(settled("both.zip/copy/" + two.name).state, "duplicate");
  EXPECT_EQ(settled("both.zip").state, "done");
  stack.drop("again.tar.gz", tar_gz({{two.name, two.content}, {one.name, one.content}}));
  EXPECT_EQ(settled("again.tar.gz/" + one.name).state, "duplicate");
  EXPECT_EQ(settled("again.tar.gz").state, "duplicate");
  stack.drop("bookings-alone.csv", one.content);
  EXPECT_EQ(settled("bookings-alone.csv").state, "duplicate");
  EXPECT_TRUE(comes_to_lie_in("data/archive/again.tar.gz"));
  expect_report();
}

TEST_F(Archives, WhatCannotBeReadIsToldAndHoldsUpNothing) {
  const BookingFile good = bookings.next_file(200), after = bookings.next_file(200);
  stack.drop("mixed.zip", zip({{"readme.txt", "hello"},
                               {"../bookings-up.csv", good.content},
                               {"bookings-wrong.csv", "a,b\n1,2\n"},
                               {"inner.zip", zip({{"bookings-x.csv", good.content}})},
                               {good.name, good.content}}));
  expect_read("mixed.zip/" + good.name, good);
  EXPECT_THAT(settled("mixed.zip/readme.txt").error, HasSubstr("No definition"));
  EXPECT_THAT(settled("mixed.zip/../bookings-up.csv").error, HasSubstr("leads out"));
  EXPECT_THAT(settled("mixed.zip/bookings-wrong.csv").error, HasSubstr("restaurant_id"));
  EXPECT_THAT(settled("mixed.zip/inner.zip").error, HasSubstr("archive inside an archive"));
  const Receipt mixed = settled("mixed.zip");
  EXPECT_EQ(mixed.state, "failed");
  EXPECT_THAT(mixed.error, HasSubstr("4 of the 5 files"));
  EXPECT_TRUE(comes_to_lie_in("data/failed/mixed.zip"));
  EXPECT_THAT(stack.file("data/failed/mixed.zip.reason.txt"), HasSubstr("readme.txt: No definition"));

  const std::string whole = zip({{"bookings-cut.csv", after.content}});
  stack.drop("cut.zip", whole.substr(0, whole.size() / 2));
  stack.drop("empty.zip", zip({}));
  const std::uint64_t memory_before = stack.rss_kib("ingest");
  stack.drop("bomb.zip", bomb("bookings-bomb.csv"));
  EXPECT_THAT(settled("cut.zip").error, HasSubstr("damaged or cut off"));
  EXPECT_THAT(settled("empty.zip").error, HasSubstr("holds no files"));
  EXPECT_THAT(settled("bomb.zip").error, HasSubstr("such files are refused"));
  EXPECT_LT(stack.rss_kib("ingest"), memory_before + 64 * 1024) << "KiB, of a GiB that was unpacked";
  stack.drop(after.name, after.content);
  expect_read(after.name, after);
  expect_report();
}

TEST_F(Archives, ThousandsOfFilesInOneAreSharedByTwoInstancesAndEachIsReadOnce) {
  constexpr int kFiles = 2000;
  stack.start("ingest-2");
  ASSERT_TRUE(eventually([&] { return stack.get("ingest-2", "/readyz").status == 200; })) << stack.log("ingest-2");
  Files files;
  for (int i = 0; i < kFiles; ++i) {
    const BookingFile file = bookings.next_file(3);
    files.emplace_back("part-" + std::to_string(i % 7) + "/" + file.name, file.content);
  }
  stack.drop("many.tar.gz", tar_gz(files));
  EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }, 150s));
  EXPECT_TRUE(eventually([&] { return stack.receipts()["many.tar.gz"].state == "done"; }, 60s))
      << stack.receipts()["many.tar.gz"].state << stack.receipts()["many.tar.gz"].error;
  std::uint64_t records = 0, rows = 0;
  const auto receipts = stack.receipts();
  EXPECT_EQ(receipts.size(), kFiles + 1U);
  for (const auto& [name, receipt] : receipts) {
    EXPECT_EQ(receipt.state, "done") << name << ": " << receipt.error;
    EXPECT_TRUE(receipt.balances()) << name;
    records += receipt.records;
    rows += receipt.rows;
  }
  EXPECT_EQ(rows, 3U * kFiles);
  EXPECT_EQ(records, bookings.distinct_bookings());
  for (const char* one : {"ingest", "ingest-2"}) {
    EXPECT_NE(stack.log(one).find("reading started"), std::string::npos) << one << " had a share";
  }
}

// What the tools themselves make, each at its strongest: from a pipe zstd does not know how little there is, and asks
// its reader for a window of 128 MiB; xz -9 asks for a dictionary of 64.
TEST_F(Archives, WhatTheUsualToolsMakeAtTheirStrongestIsRead) {
  const fs::path folder = fs::path(stack.home()) / "tools";
  fs::create_directory(folder);
  const struct {
    const char *ending, *command;
  } tools[] = {{".xz", "xz -9e <%s"},
               {".xz", "xz -9 -T2 --block-size=16KiB <%s"},
               {".zst", "zstd -q -19 --long=27 <%s"},
               {".zst", "zstd -q --ultra -22 --long=27 <%s"},
               {".gz", "gzip -9 <%s"},
               {".bz2", "bzip2 -9 <%s"}};
  for (const auto& [ending, command] : tools) {
    const BookingFile file = bookings.next_file(400);
    const fs::path plain = folder / file.name, packed = folder / (file.name + ending);
    std::ofstream(plain, std::ios::binary) << file.content;
    std::string line = std::string(command) + " >'" + packed.string() + "'";
    line.replace(line.find("%s"), 2, "'" + plain.string() + "'");
    ASSERT_EQ(std::system(line.c_str()), 0) << line;
    std::ifstream in(packed, std::ios::binary);
    stack.drop(packed.filename(), {std::istreambuf_iterator<char>(in), {}});
    expect_read(packed.filename(), file);
  }
  // zip -y keeps a link as a link: it is told, and what it points to is read once.
  const BookingFile file = bookings.next_file(300);
  fs::create_directory(folder / "zipped");
  std::ofstream(folder / "zipped" / file.name, std::ios::binary) << file.content;
  fs::create_symlink(file.name, folder / "zipped" / "bookings-link.csv");
  const std::string line = "cd '" + folder.string() + "' && zip -q -r -y -9 zipped.zip zipped";
  ASSERT_EQ(std::system(line.c_str()), 0);
  std::ifstream in(folder / "zipped.zip", std::ios::binary);
  stack.drop("bookings-zipped.zip", {std::istreambuf_iterator<char>(in), {}});
  expect_read("bookings-zipped.zip/zipped/" + file.name, file);
  const Receipt link = settled("bookings-zipped.zip/zipped/bookings-link.csv");
  EXPECT_EQ(link.state, "failed");
  EXPECT_THAT(link.error, HasSubstr("link"));
  expect_report();
}

TEST_F(Archives, AnUploadMayBeAnArchive) {
  const auto port = static_cast<std::uint16_t>(stack.port("api"));
  const auto post = [&](const std::string& query, const std::string& body) {
    const auto answer = http::post("127.0.0.1", port, "/v1/uploads" + query, body, {}, 60s);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : http::ClientResponse{};
  };
  const BookingFile one = bookings.next_file(300), two = bookings.next_file(200), three = bookings.next_file(100);
  const std::string packed = zip({{one.name, one.content}, {two.name, two.content}});
  const auto tried = post("?name=sent.zip&dry_run=true", packed);
  ASSERT_EQ(tried.status, 200) << tried.body;
  EXPECT_EQ(nlohmann::json::parse(tried.body).at("files").size(), 2U);

  const auto answer = post("?name=sent.zip", packed);
  ASSERT_EQ(answer.status, 202) << answer.body;
  const std::string location(answer.header("location"));
  EXPECT_TRUE(eventually([&] {
    const auto receipt = stack.get("api", location);
    return receipt.status == 200 && nlohmann::json::parse(receipt.body).at("state") == "done";
  })) << stack.get("api", location).body;
  expect_read("sent.zip/" + one.name, one);
  expect_read("sent.zip/" + two.name, two);
  EXPECT_TRUE(comes_to_lie_in("data/archive/sent.zip"));

  // With a dataset declared, the names inside do not matter.
  ASSERT_EQ(post("?name=export.tgz&dataset=bookings", tar_gz({{"x/export.txt", three.content}})).status, 202);
  expect_read("export.tgz/x/export.txt", three);
  expect_report();
}

}  // namespace
}  // namespace sluice::testing
