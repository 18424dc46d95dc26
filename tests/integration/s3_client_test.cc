// The S3 client against a real server with real signature checks, by each way to it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/support/flaky_proxy.h"
#include "tests/support/s3_server.h"

namespace sluice::s3 {
namespace {

using ::testing::HasSubstr;
using testing::FlakyProxy;
using testing::fresh_prefix;
using testing::no_environment;
using testing::port_of;
using testing::S3Way;
using testing::s3_settings;

constexpr const char* kBucket = "landing";

std::string numbered(std::size_t size) {
  std::string out;
  for (std::size_t i = 0; out.size() < size; ++i) out += std::to_string(i) + ",";
  out.resize(size);
  return out;
}

class S3ClientTest : public ::testing::TestWithParam<S3Way> {
 protected:
  std::vector<ObjectInfo> list(const std::string& below = "") {
    std::vector<ObjectInfo> out;
    const auto listed = client.list(kBucket, prefix + below, [&](std::vector<ObjectInfo> page) {
      out.insert(out.end(), page.begin(), page.end());
    });
    EXPECT_TRUE(listed) << listed.error().message;
    return out;
  }
  ObjectInfo put(const std::string& name, const std::string& content) {
    const auto done = client.put(kBucket, prefix + name, content);
    EXPECT_TRUE(done) << done.error().message;
    return client.head(kBucket, prefix + name).value();
  }
  Answer<std::string> get(Client& with, const ObjectInfo& object, std::uint64_t from = 0) {
    std::string bytes;
    const auto got = with.get(kBucket, object.key, object.etag, from,
                              static_cast<std::size_t>(object.bytes - from), bytes);
    if (!got) return tl::unexpected(got.error());
    return bytes;
  }

  std::string prefix = fresh_prefix() + "/";
  Client client{s3_settings(GetParam()), no_environment()};
};

class S3ListingTest : public S3ClientTest {};
class S3WayTest : public S3ClientTest {};

std::string way(const ::testing::TestParamInfo<S3Way>& info) { return name_of(info.param); }

INSTANTIATE_TEST_SUITE_P(By, S3ClientTest, ::testing::Values(S3Way::kPath, S3Way::kVirtualHostTls), way);
INSTANTIATE_TEST_SUITE_P(By, S3ListingTest, ::testing::Values(S3Way::kPath), way);
INSTANTIATE_TEST_SUITE_P(By, S3WayTest, ::testing::Values(S3Way::kPathTls, S3Way::kVirtualHost), way);

TEST_P(S3WayTest, AnObjectIsPutListedReadTaggedMovedAndRemoved) {
  const std::string content = numbered(100'000);
  const ObjectInfo object = put("a b/ü=1.csv", content);
  const auto listed = list();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].key, object.key);
  EXPECT_EQ(listed[0].etag, object.etag);
  EXPECT_EQ(get(client, object, 10), content.substr(10));
  const auto tagged = client.tag(kBucket, object.key, "sluice", "done");
  ASSERT_TRUE(tagged) << tagged.error().message;
  const auto copied = client.copy(kBucket, object.key, object.etag, object.bytes, prefix + "moved");
  ASSERT_TRUE(copied) << copied.error().message;
  ASSERT_TRUE(client.remove(kBucket, object.key, object.etag));
  ASSERT_EQ(list().size(), 1U);
  EXPECT_EQ(get(client, client.head(kBucket, prefix + "moved").value()), content);
}

TEST_P(S3WayTest, TheSignatureIsChecked) {
  S3Settings wrong = s3_settings(GetParam());
  wrong.secret_access_key = "guess-not";
  Client other(wrong, no_environment());
  const auto listed = other.list(kBucket, "", [](std::vector<ObjectInfo>) {});
  ASSERT_FALSE(listed);
  EXPECT_THAT(listed.error().message, HasSubstr("SignatureDoesNotMatch"));
}

TEST_P(S3ListingTest, AListingGoesOnBeyondAThousandObjects) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, t] {
      for (int i = t; i < 2100; i += 8) {
        ASSERT_TRUE(client.put(kBucket, prefix + "n" + std::to_string(i), std::to_string(i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> keys;
  for (const ObjectInfo& object : list()) keys.insert(object.key);
  EXPECT_EQ(keys.size(), 2100U);
  EXPECT_TRUE(keys.contains(prefix + "n2099"));
}

TEST_P(S3ClientTest, OddKeysAreListedReadCopiedAndRemoved) {
  for (const std::string name :
       {"a b.csv", "a+b.csv", "a%2Bb.csv", "ü/€/日本.csv", "q?x=1&y#z.csv", "(a)'b'!*,;:@$.csv",
        "..hidden/~x.csv", "<&>\".csv"}) {
    const ObjectInfo object = put(name, "content of " + name);
    const auto listed = list(name);
    ASSERT_EQ(listed.size(), 1U) << name;
    EXPECT_EQ(listed[0].key, prefix + name);
    EXPECT_EQ(listed[0].etag, object.etag) << name;
    EXPECT_EQ(listed[0].bytes, object.bytes);
    EXPECT_GT(listed[0].mtime_ns, 0);
    EXPECT_EQ(get(client, object), "content of " + name);
    const std::string copy = prefix + "copies/" + name;
    const auto copied = client.copy(kBucket, object.key, object.etag, object.bytes, copy);
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ(client.head(kBucket, copy)->bytes, object.bytes);
    ASSERT_TRUE(client.remove(kBucket, object.key, object.etag));
    EXPECT_EQ(client.head(kBucket, object.key).error().kind, FailureKind::kGone) << name;
  }
}

TEST_P(S3ClientTest, ARangeIsThatPartOfTheObject) {
  const std::string content = numbered(100'000);
  const ObjectInfo object = put("r", content);
  EXPECT_EQ(get(client, object, 99'990), content.substr(99'990));
  std::string bytes = "before:";
  ASSERT_TRUE(client.get(kBucket, object.key, object.etag, 10, 20, bytes));
  EXPECT_EQ(bytes, "before:" + content.substr(10, 20));
}

TEST_P(S3ClientTest, AConnectionThatIsCutIsTakenUpAtTheNextByte) {
  FlakyProxy proxy(port_of(GetParam()));
  Client through(s3_settings(GetParam(), proxy.port()), no_environment());
  const std::string content = numbered(5'000'000);
  const ObjectInfo object = put("large", content);
  proxy.cut(4, 700'000);
  EXPECT_EQ(get(through, object), content);
  EXPECT_EQ(proxy.cuts(), 4);
}

TEST_P(S3ClientTest, AServerThatStaysAwayIsSaidToBeAway) {
  FlakyProxy proxy(port_of(GetParam()));
  proxy.refuse(true);
  Client through(s3_settings(GetParam(), proxy.port()), no_environment(), {std::chrono::milliseconds(200)});
  EXPECT_EQ(through.head(kBucket, "x").error().kind, FailureKind::kAway);
  proxy.refuse(false);
  EXPECT_EQ(through.head(kBucket, prefix + "x").error().kind, FailureKind::kGone);
}

TEST_P(S3ClientTest, AnotherVersionIsNotReadCopiedOrRemovedForTheOneThatWasMeant) {
  const ObjectInfo first = put("v", "first");
  put("v", "second");
  EXPECT_EQ(get(client, first).error().kind, FailureKind::kChanged);
  EXPECT_EQ(client.copy(kBucket, first.key, first.etag, first.bytes, prefix + "w").error().kind,
            FailureKind::kChanged);
  EXPECT_EQ(client.remove(kBucket, first.key, first.etag).error().kind, FailureKind::kChanged);
  EXPECT_EQ(get(client, client.head(kBucket, first.key).value()), "second");
}

TEST_P(S3ClientTest, ATagIsAddedToThoseThatAreThere) {
  const ObjectInfo object = put("t", "x");
  const auto tagged = client.tag(kBucket, object.key, "owner", "a = b");
  ASSERT_TRUE(tagged) << tagged.error().message;
  ASSERT_TRUE(client.tag(kBucket, object.key, "sluice", "done"));
  const auto tags = client.tags(kBucket, object.key);
  ASSERT_TRUE(tags);
  EXPECT_THAT(*tags, ::testing::UnorderedElementsAre(
                         std::pair<std::string, std::string>("owner", "a = b"),
                         std::pair<std::string, std::string>("sluice", "done")));
}

TEST_P(S3ClientTest, AnUploadInPartsIsSeenWholeOrNotAtAll) {
  const std::string key = prefix + "parts";
  const std::string part = numbered(5 << 20);
  const auto upload = client.begin_upload(kBucket, key);
  ASSERT_TRUE(upload) << upload.error().message;
  std::vector<std::string> etags;
  etags.push_back(client.upload_part(kBucket, key, *upload, 1, part).value());
  etags.push_back(client.upload_part(kBucket, key, *upload, 2, "end").value());
  EXPECT_EQ(client.head(kBucket, key).error().kind, FailureKind::kGone);
  const auto completed = client.complete_upload(kBucket, key, *upload, etags);
  ASSERT_TRUE(completed) << completed.error().message;
  const ObjectInfo object = client.head(kBucket, key).value();
  EXPECT_EQ(get(client, object), part + "end");
  EXPECT_EQ(list("parts").at(0).etag, object.etag);
}

TEST_P(S3ClientTest, WrongKeysAreToldAndWaitedFor) {
  S3Settings wrong = s3_settings(GetParam());
  wrong.secret_access_key = "guess-not";
  Client other(wrong, no_environment());
  const auto refused = other.head(kBucket, "x");
  EXPECT_EQ(refused.error().kind, FailureKind::kAway);
  const auto listed = other.list(kBucket, "", [](std::vector<ObjectInfo>) {});
  EXPECT_THAT(listed.error().message, HasSubstr("SignatureDoesNotMatch"));
  EXPECT_THAT(listed.error().message, ::testing::Not(HasSubstr("guess-not")));
}

TEST_P(S3ClientTest, AnUploadThatWasBegunIsListedUntilItIsAborted) {
  const std::string key = prefix + "a b/large.parquet";
  const auto upload = client.begin_upload(kBucket, key);
  ASSERT_TRUE(upload) << upload.error().message;
  ASSERT_TRUE(client.upload_part(kBucket, key, *upload, 1, numbered(6 << 20)));
  const auto begun = client.uploads(kBucket, prefix + "a b/");
  ASSERT_TRUE(begun) << begun.error().message;
  ASSERT_EQ(begun->size(), 1U);
  EXPECT_EQ((*begun)[0].key, key);
  EXPECT_EQ((*begun)[0].id, *upload);
  EXPECT_TRUE(client.uploads(kBucket, prefix + "other/")->empty());
  ASSERT_TRUE(client.abort_upload(kBucket, key, *upload));
  EXPECT_TRUE(client.uploads(kBucket, prefix)->empty());
  EXPECT_TRUE(list().empty()) << "and it never became an object";
}

}  // namespace
}  // namespace sluice::s3
