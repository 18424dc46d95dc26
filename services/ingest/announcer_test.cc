#include "services/ingest/announcer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "common/adapters/archive/test_packing.h"
#include "common/model/origin.h"
#include "services/ingest/disk_file_source.h"
#include "services/ingest/temporary_folder.h"

namespace sluice::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Keeps what was sent; gives offsets from 100 on; fails as often as told.
class SentLog final : public Log {
 public:
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Announcement> announced;
  std::vector<std::int32_t> partitions;
  std::size_t discovered = 0;
  int failures = 0;

  std::unique_ptr<TransactionalProducer> transactional_producer(const std::string&) override {
    return nullptr;
  }
  std::unique_ptr<LogReader> reader() override { return nullptr; }
  std::int32_t partition_count(const std::string&) override { return 1; }
  std::unique_ptr<PlainProducer> plain_producer() override {
    return std::make_unique<Producer>(*this);
  }

  std::vector<Announcement> wait_for(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(20), [&] { return announced.size() >= count; });
    return announced;
  }

 private:
  struct Producer final : PlainProducer {
    explicit Producer(SentLog& l) : log(l) {}
    std::int64_t send(const std::string& topic, std::int32_t partition,
                      const OutgoingRecord& record) override {
      const std::lock_guard lock(log.mutex);
      if (log.failures > 0) {
        --log.failures;
        throw TaskBroken("no broker");
      }
      if (topic == Topics().discoveries()) return 100 + static_cast<std::int64_t>(log.discovered++);
      log.announced.push_back(announcement_from_json(record.value).value());
      log.partitions.push_back(partition);
      log.changed.notify_all();
      return 0;
    }
    SentLog& log;
  };
};

// A folder whose files may be read when it is said so.
class GuardedFiles final : public FileSource {
 public:
  explicit GuardedFiles(FileSource& files) : files_(files) {}
  std::atomic<int> asked = 0;
  std::set<std::string> refused;  // before the start
  std::set<std::string> busy;     // their decoders have no memory; before the start
  std::atomic<int> until = 1'000'000;  // this many times

  std::optional<FileIdentity> identity(const Announcement& file) override {
    if (refused.contains(file.name) && asked < until) throw AccessRefused("HTTP 403 AccessDenied");
    return files_.identity(file);
  }
  Result<std::unique_ptr<FileReader>> open(const Announcement& file, std::uint64_t from) override {
    if (refused.contains(file.name) && asked++ < until) throw AccessRefused("HTTP 403 AccessDenied");
    if (busy.contains(file.name) && asked++ < until) throw MemoryBusy("no memory is free");
    return files_.open(file, from);
  }
  Result<bool> archive(const Announcement& file) override { return files_.archive(file); }
  Result<bool> reject(const Announcement& file, std::string_view reason) override {
    return files_.reject(file, reason);
  }

 private:
  FileSource& files_;
};

class AnnouncerTest : public ::testing::Test {
 protected:
  void start() {
    AnnouncerParts parts{log, clock, Topics(), guarded};
    parts.shards = 4;
    parts.dataset_of = [](const std::string& name) -> Result<std::string> {
      if (name.ends_with(".csv")) return "things";
      if (name.starts_with("bookings")) return "bookings";
      if (name.starts_with("orders")) return "orders";
      return fail("No definition takes a file of this name.");
    };
    parts.on_trouble = [this](const std::string& message) { trouble = message; };
    parts.retry = std::chrono::milliseconds(1);
    parts.refused = refused;
    announcer = std::make_unique<Announcer>(std::move(parts));
    announcer->start();
  }
  Sighting put(const std::string& path, const std::string& content) {
    folder.write(path, content);
    return look_at(folder.path(path), path).value();
  }

  TemporaryFolder folder;
  DiskFileSource files{folder.path(), folder.path("archive"), folder.path("failed")};
  GuardedFiles guarded{files};
  RefusedTries refused{3, std::chrono::milliseconds(1)};
  SystemClock clock;
  SentLog log;
  std::string trouble;
  std::unique_ptr<Announcer> announcer;
};

TEST_F(AnnouncerTest, AFileGetsItsPlaceItsFingerprintAndItsShard) {
  start();
  const Sighting file = put("sub/a.csv", "abc");
  announcer->found({file});
  const auto announced = log.wait_for(1);
  ASSERT_EQ(announced.size(), 1U);
  const Announcement& a = announced[0];
  EXPECT_EQ(a.id, "100-ba7816bf8f01");
  EXPECT_EQ(a.path, "sub/a.csv");
  EXPECT_EQ(a.name, "a.csv");
  EXPECT_EQ(a.dataset, "things");
  EXPECT_EQ(a.source, "folder");
  EXPECT_EQ(a.bytes, 3U);
  EXPECT_EQ(a.inode, file.identity.inode);
  EXPECT_EQ(a.mtime_ns, file.identity.mtime_ns);
  EXPECT_EQ(a.error, "");
  EXPECT_THAT(log.partitions, ElementsAre(shard_of(a.id, 4)));
}

TEST_F(AnnouncerTest, AFileWhoseDecoderHasNoMemoryIsTriedUntilItHas) {
  guarded.busy = {"a.csv"};
  guarded.until = 20;  // more often than what is refused
  start();
  announcer->found({put("a.csv", "abc")});
  const auto announced = log.wait_for(1);
  ASSERT_EQ(announced.size(), 1U);
  EXPECT_EQ(announced[0].error, "");
  EXPECT_EQ(announced[0].id, "100-ba7816bf8f01");
  EXPECT_EQ(trouble, "");
}

TEST_F(AnnouncerTest, AnArchivesNameSaysWhoseTheFilesAreThatNobodyTakesByTheirOwn) {
  start();
  const std::string zip = archive::packed_files(archive_write_set_format_zip, nullptr,
                                                {{"orders.txt", "a"}, {"export", "b"}, {"x.csv", "c"}});
  const auto datasets = [&](const std::string& name, const std::string& dataset, bool declared) {
    const std::size_t before = log.wait_for(0).size();
    Sighting file = put(name, zip);
    file.dataset = dataset;
    file.declared = declared;
    announcer->found({file});
    const Announcement announced = log.wait_for(before + 1).back();
    EXPECT_EQ(announced.dataset, declared ? dataset : "") << "each of its files has its own";
    std::vector<std::string> out;
    for (const ArchivedFile& entry : announced.entries) {
      out.push_back(entry.dataset.empty() ? "none: " + entry.error : entry.dataset);
    }
    return out;
  };
  const auto none = HasSubstr("none: No definition takes");
  EXPECT_THAT(datasets("all.zip", "", false), ElementsAre("orders", none, "things"));
  EXPECT_THAT(datasets("bookings.zip", "", false), ElementsAre("orders", "bookings", "things"))
      << "in the folder";
  EXPECT_THAT(datasets("2017.zip", "bookings", false), ElementsAre("orders", "bookings", "things"))
      << "of a bucket, where its place says it";
  EXPECT_THAT(datasets("bookings-2.zip", "things", true), ElementsAre("things", "things", "things"))
      << "as an upload says";
}

TEST_F(AnnouncerTest, AWorkbookThatNobodyTakesIsToldWhatItIs) {
  start();
  announcer->found({put("a.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + std::string(600, '\0')), put("b.xlsx", "no zip")});
  std::map<std::string, std::string> errors;
  for (const Announcement& a : log.wait_for(2)) errors[a.name] = a.error;
  EXPECT_THAT(errors["a.xls"], HasSubstr("save the sheet as CSV."));
  EXPECT_EQ(errors["b.xlsx"], "No definition takes a file of this name.");
}

TEST_F(AnnouncerTest, WhatCannotBeReadIsAnnouncedWithItsReason) {
  start();
  std::filesystem::create_directory(folder.path("folder.csv"));
  std::filesystem::create_symlink("/etc/passwd", folder.path("link.csv"));
  ::mkfifo(folder.path("fifo.csv").c_str(), 0600);
  std::vector<Sighting> found = {put("empty.csv", ""), put("binary.csv", std::string(3, '\0')),
                                 put("strange.txt", "x"), put("\xff.csv", "x")};
  for (const char* name : {"folder.csv", "link.csv", "fifo.csv"})
    found.push_back(*look_at(folder.path(name), name));
  announcer->found(found);
  std::map<std::string, Announcement> by_name;
  for (const Announcement& a : log.wait_for(7)) by_name[a.name] = a;
  EXPECT_THAT(by_name["empty.csv"].error, HasSubstr("empty"));
  EXPECT_THAT(by_name["binary.csv"].error, HasSubstr("NUL"));
  EXPECT_THAT(by_name["strange.txt"].error, HasSubstr("No definition"));
  EXPECT_THAT(by_name["\uFFFD.csv"].error, HasSubstr("not UTF-8"));
  EXPECT_THAT(by_name["folder.csv"].error, HasSubstr("folder"));
  EXPECT_THAT(by_name["link.csv"].error, HasSubstr("symbolic link"));
  EXPECT_THAT(by_name["fifo.csv"].error, HasSubstr("FIFO"));
  EXPECT_EQ(by_name["link.csv"].sha256, "");
  EXPECT_TRUE(by_name["link.csv"].id.ends_with("-000000000000"));
}

TEST_F(AnnouncerTest, AnArchiveIsAnnouncedWithWhatItHolds) {
  start();
  const auto zip = [](const std::vector<std::pair<std::string, std::string>>& entries) {
    return archive::packed_files(archive_write_set_format_zip, nullptr, entries);
  };
  announcer->found({put("sub/all.zip", zip({{"a.csv", "abc"}, {"readme.txt", "x"}})),
                    put("inside.csv", zip({{"b.csv", "abc"}})), put("cut.zip", zip({{"a.csv", "abc"}}).substr(0, 60)),
                    put("no.zip", "text"), put("book.xlsx", zip({{"sheet.xml", "x"}}))});
  std::map<std::string, Announcement> by_name;
  for (const Announcement& a : log.wait_for(5)) by_name[a.name] = a;
  const Announcement& all = by_name["all.zip"];
  EXPECT_EQ(all.error, "");
  EXPECT_EQ(all.dataset, "");
  ASSERT_EQ(all.entries.size(), 2U);
  const Announcement entry = announcement_of(all, all.entries[0]);
  EXPECT_EQ(entry.id, "100.1-ba7816bf8f01");
  EXPECT_EQ(entry.path, "sub/all.zip/a.csv");
  EXPECT_EQ(entry.name, "all.zip/a.csv");
  EXPECT_EQ(entry.dataset, "things");
  EXPECT_EQ(entry.bytes, 3U);
  EXPECT_EQ(identity_of(entry), identity_of(all));
  EXPECT_EQ(archive_of(entry).path, "sub/all.zip");
  EXPECT_EQ(archive_of(entry).id, all.id);
  EXPECT_THAT(all.entries[1].error, HasSubstr("No definition"));
  EXPECT_EQ(by_name["inside.csv"].entries.size(), 1U) << "told from its bytes where a definition takes it";
  EXPECT_THAT(by_name["cut.zip"].error, HasSubstr("The archive"));
  EXPECT_THAT(by_name["no.zip"].error, HasSubstr("No definition"));
  EXPECT_THAT(by_name["book.xlsx"].error, HasSubstr("No definition"));
  EXPECT_EQ(by_name["book.xlsx"].entries.size(), 0U);
}

TEST_F(AnnouncerTest, AFileThatIsNotWhatWasFoundAnyMoreIsLeftForItsNextDiscovery) {
  start();
  const Sighting grew = put("grew.csv", "abc");
  put("grew.csv", "abcdef");
  Sighting gone = put("gone.csv", "abc");
  std::filesystem::remove(folder.path("gone.csv"));
  announcer->found({grew, gone, put("good.csv", "xyz")});
  const auto announced = log.wait_for(1);
  announcer->stop();
  ASSERT_EQ(log.announced.size(), 1U);
  EXPECT_EQ(announced[0].name, "good.csv");
}

TEST_F(AnnouncerTest, CopiesAreAnnouncedInTheOrderOfTheirPlaces) {
  start();
  std::vector<Sighting> found;
  for (int i = 0; i < 40; ++i)
    found.push_back(put("copy" + std::to_string(i) + ".csv", std::string(50'000, 'x')));
  announcer->found(found);
  const auto announced = log.wait_for(40);
  ASSERT_EQ(announced.size(), 40U);
  EXPECT_TRUE(
      std::ranges::is_sorted(announced, {}, [](const Announcement& a) { return std::stoi(a.id); }));
}

TEST_F(AnnouncerTest, AFileThatMayNotBeReadIsTriedSomeTimesAndThenAnnouncedAsSuch) {
  guarded.refused = {"closed.csv"};
  start();
  announcer->found({put("closed.csv", "abc"), put("open.csv", "xyz")});
  std::map<std::string, Announcement> by_name;
  for (const Announcement& a : log.wait_for(2)) by_name[a.name] = a;
  const Announcement& closed = by_name["closed.csv"];
  EXPECT_EQ(closed.error, refused_for_good("HTTP 403 AccessDenied", 3));
  EXPECT_EQ(closed.id, "100-000000000000");
  EXPECT_EQ(closed.dataset, "things");
  EXPECT_EQ(guarded.asked, 3);
  EXPECT_EQ(by_name["open.csv"].error, "");
}

TEST_F(AnnouncerTest, AFileThatMayNotBeReadKeepsNobodyWaiting) {
  guarded.refused = {"closed.csv"};
  refused = {2, std::chrono::hours(1), std::chrono::hours(1)};
  start();
  const Sighting closed = put("closed.csv", "abc");
  announcer->found({closed, closed, closed, put("open.csv", "xyz")});
  const auto announced = log.wait_for(1);
  ASSERT_EQ(announced.size(), 1U) << "of the same size, behind three on two threads";
  EXPECT_EQ(announced[0].name, "open.csv");
}

TEST_F(AnnouncerTest, AFileThatMayBeReadAtLastIsReadWithItsPlace) {
  guarded.refused = {"late.csv"};
  guarded.until = 2;
  start();
  announcer->found({put("late.csv", "abc")});
  const auto announced = log.wait_for(1);
  ASSERT_EQ(announced.size(), 1U);
  EXPECT_EQ(announced[0].error, "");
  EXPECT_EQ(announced[0].id, "100-ba7816bf8f01");
}

TEST_F(AnnouncerTest, WhileKafkaIsAwayNothingFoundIsForgotten) {
  log.failures = 5;
  start();
  announcer->found({put("a.csv", "abc"), put("b.csv", "def")});
  EXPECT_EQ(log.wait_for(2).size(), 2U);
  EXPECT_EQ(trouble, "no broker");
}

TEST_F(AnnouncerTest, AStopEndsTheWaitForKafka) {
  log.failures = 1'000'000;
  start();
  std::thread watcher([&] { announcer->found({put("a.csv", "abc")}); });
  announcer->stop();
  watcher.join();
  EXPECT_TRUE(log.announced.empty());
}

}  // namespace
}  // namespace sluice::ingest
