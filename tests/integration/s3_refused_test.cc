// An object that is listed and may not be read, on a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "services/ingest/s3_file_source.h"
#include "services/ingest/s3_watcher.h"
#include "tests/support/eventually.h"
#include "tests/support/s3_server.h"

namespace sluice::ingest {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using sluice::testing::eventually;
using sluice::testing::no_environment;
using sluice::testing::s3_settings;

constexpr const char* kBucket = "landing";

S3Settings of_the_lister() {
  S3Settings out = s3_settings();
  out.access_key_id = "lister";
  out.secret_access_key = "lister-secret";
  return out;
}

class S3Refused : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(owner.put(kBucket, key, "a,b\n1,2\n"));
    const auto listed = lister.list(kBucket, key, [this](std::vector<s3::ObjectInfo> page) {
      ASSERT_EQ(page.size(), 1U);
      file.source = "s3";
      file.path = s3::path_of(kBucket, page[0].key);
      file.bytes = page[0].bytes;
      file.version = page[0].etag;
    });
    ASSERT_TRUE(listed) << listed.error().message;
    ASSERT_EQ(file.bytes, 8U) << "it is listed";
  }
  std::unique_ptr<S3FileSource> source(AfterReading after) {
    S3SourceParts parts{lister, [after](const std::string&, const std::string&) { return after; }};
    parts.on_trouble = [this](const std::string& message) {
      const std::lock_guard lock(mutex);
      troubles.push_back(message);
    };
    parts.refused = {3, std::chrono::milliseconds(10)};
    return std::make_unique<S3FileSource>(std::move(parts));
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex);
    return troubles;
  }

  std::string key = sluice::testing::fresh_prefix() + "/a.csv";
  s3::Client owner{s3_settings(), no_environment()};
  s3::Client lister{of_the_lister(), no_environment()};
  Announcement file;
  std::mutex mutex;
  std::vector<std::string> troubles;
};

TEST_F(S3Refused, NeitherItsBytesNorItsIdentityAreTakenForAServerThatIsAway) {
  const auto objects = source(AfterReading::kKeep);
  try {
    std::string bytes(100, ' ');
    static_cast<void>((*objects->open(file, 0))->read(bytes));
    FAIL() << "it was read";
  } catch (const AccessRefused& refused) {
    EXPECT_THAT(refused.what(), HasSubstr("GET " + file.path));
    EXPECT_THAT(refused.what(), HasSubstr("HTTP 403 AccessDenied"));
  }
  EXPECT_THROW(objects->identity(file), AccessRefused);
}

TEST_F(S3Refused, WhatWasToBecomeOfItIsTriedSomeTimesAndThenItIsLeftAsItIs) {
  const auto objects = source(AfterReading::kMove);
  objects->start();
  ASSERT_TRUE(objects->reject(file, "The file may not be read."));
  EXPECT_TRUE(eventually([&] {
    const auto all = told();
    return !all.empty() && all.back().find("is left as it is") != std::string::npos;
  }));
  EXPECT_EQ(told().size(), 4U) << "three refusals, and what follows from them";
  EXPECT_THAT(told(), Contains(HasSubstr("refused 3 times")));
  objects->stop();
  EXPECT_TRUE(owner.head(kBucket, key)) << "it stands where it stood";
}

// The ledger of one shard, as it stands in its topic.
class Ledgered final : public Log {
 public:
  explicit Ledgered(std::vector<std::string> entries) : entries_(std::move(entries)) {}
  std::unique_ptr<TransactionalProducer> transactional_producer(const std::string&) override { return nullptr; }
  std::unique_ptr<PlainProducer> plain_producer() override { return nullptr; }
  std::unique_ptr<LogReader> reader() override { return std::make_unique<Reader>(entries_); }
  std::int32_t partition_count(const std::string&) override { return 1; }

 private:
  struct Reader final : LogReader {
    explicit Reader(const std::vector<std::string>& e) : entries(e) {}
    std::int64_t begin_offset(const TopicPartition&) override { return 0; }
    std::int64_t end_offset(const TopicPartition&) override { return static_cast<std::int64_t>(entries.size()); }
    std::int64_t stable_offset(const TopicPartition& files) override { return end_offset(files); }
    void read(const TopicPartition&, std::int64_t, std::int64_t,
              const std::function<void(const LogRecord&)>& each) override {
      for (const std::string& entry : entries) {
        LogRecord record;
        record.value = entry;
        each(record);
      }
    }
    const std::vector<std::string>& entries;
  };
  std::vector<std::string> entries_;
};

TEST_F(S3Refused, WhatTheLedgerRemembersAsRefusedIsFoundByNoRestartUntilItIsPutAnew) {
  const std::string prefix = key.substr(0, key.rfind('/') + 1);
  std::int64_t mtime_ns = 0;
  ASSERT_TRUE(lister.list(kBucket, key, [&](std::vector<s3::ObjectInfo> page) { mtime_ns = page.at(0).mtime_ns; }));
  FileEntry entry;
  entry.file = file;
  entry.file.id = "7-";
  entry.file.mtime_ns = mtime_ns;
  entry.file.error = entry.error = refused_for_good("HTTP 403", 8);
  entry.state = FileState::kFailed;
  S3Settings settings = of_the_lister();
  settings.bucket = kBucket;
  settings.prefix = prefix;
  const auto found_after_restart = [&](bool refused) {
    entry.file.refused = refused;
    Ledgered log({to_json(entry)});
    std::mutex mutex_of_found;
    std::vector<std::string> found;
    S3WatcherParts parts{lister, log, Topics()};
    parts.targets = [&] { return S3Targets(settings, {}); };
    parts.poll = std::chrono::milliseconds(50);
    parts.found = [&](const std::vector<Sighting>& files) {
      const std::lock_guard lock(mutex_of_found);
      for (const Sighting& one : files) found.push_back(one.path.substr(one.path.rfind('/') + 1));
    };
    S3Watcher watcher(std::move(parts));
    watcher.start();
    EXPECT_TRUE(eventually([&] {  // it comes behind the other, which is older
      const std::lock_guard lock(mutex_of_found);
      return std::ranges::count(found, "b.csv") == 1;
    }));
    watcher.stop();
    return found;
  };
  ASSERT_TRUE(owner.put(kBucket, prefix + "b.csv", "a,b\n1,2\n"));
  EXPECT_EQ(found_after_restart(false), (std::vector<std::string>{"a.csv", "b.csv"})) << "a failure of its content";
  EXPECT_EQ(found_after_restart(true), std::vector<std::string>{"b.csv"});
  // Once it may be read, it is put there anew; its time is told in seconds by some servers.
  ASSERT_TRUE(eventually([&] {
    std::int64_t now = mtime_ns;
    return owner.put(kBucket, key, "a,b\n1,2\n") &&
           lister.list(kBucket, key, [&](std::vector<s3::ObjectInfo> page) { now = page.at(0).mtime_ns; }) &&
           now != mtime_ns;
  }));
  EXPECT_THAT(found_after_restart(true), ::testing::UnorderedElementsAre("a.csv", "b.csv"));
}

TEST_F(S3Refused, WrongKeysAreAnotherThing) {
  S3Settings wrong = of_the_lister();
  wrong.secret_access_key = "guess-not";
  s3::Client other(wrong, no_environment());
  EXPECT_EQ(other.head(kBucket, key).error().kind, s3::FailureKind::kAway);
  EXPECT_EQ(lister.head(kBucket, key).error().kind, s3::FailureKind::kDenied);
}

}  // namespace
}  // namespace sluice::ingest
