// An object that is listed and may not be read, on a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "services/ingest/s3_file_source.h"
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

TEST_F(S3Refused, WrongKeysAreAnotherThing) {
  S3Settings wrong = of_the_lister();
  wrong.secret_access_key = "guess-not";
  s3::Client other(wrong, no_environment());
  EXPECT_EQ(other.head(kBucket, key).error().kind, s3::FailureKind::kAway);
  EXPECT_EQ(lister.head(kBucket, key).error().kind, s3::FailureKind::kDenied);
}

}  // namespace
}  // namespace sluice::ingest
