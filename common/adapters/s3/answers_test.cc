#include "common/adapters/s3/answers.h"

#include <gtest/gtest.h>

namespace sluice::s3 {
namespace {

constexpr const char* kPage = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Name>landing</Name><Prefix>in/</Prefix><IsTruncated>true</IsTruncated>
  <NextContinuationToken>abc=</NextContinuationToken>
  <Contents><Key>in/a+b &amp; ü.csv</Key><LastModified>2026-11-21T10:00:00.250Z</LastModified>
    <ETag>&quot;d41d8&quot;</ETag><Size>12</Size><Owner><ID>x</ID></Owner></Contents>
  <Contents><Key>in/empty.csv</Key><LastModified>2026-11-21T10:00:01Z</LastModified>
    <ETag>e-2</ETag><Size>0</Size></Contents>
</ListBucketResult>)";

TEST(S3AnswersTest, AListingGivesObjectsAndHowToGoOn) {
  const auto page = parse_list(kPage, false);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 2U);
  EXPECT_EQ(page->objects[0].key, "in/a+b & ü.csv");
  EXPECT_EQ(page->objects[0].etag, "d41d8");
  EXPECT_EQ(page->objects[0].bytes, 12U);
  EXPECT_EQ(page->objects[0].mtime_ns, 1'795'255'200'250'000'000);
  EXPECT_EQ(page->objects[1].etag, "e-2");
  EXPECT_EQ(page->next, "abc=");
}

TEST(S3AnswersTest, KeysThatWereAskedForEncodedAreDecoded) {
  const auto page = parse_list(
      "<ListBucketResult><Contents><Key>in/a%01b+c%2Bd</Key><Size>1</Size></Contents></ListBucketResult>", true);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->objects.at(0).key, "in/a\x01" "b c+d");
}

TEST(S3AnswersTest, AListingThatIsCutOffOrNoneIsAnError) {
  EXPECT_FALSE(parse_list("<ListBucketResult><Contents>", false));
  EXPECT_FALSE(parse_list("<html></html>", false));
  EXPECT_FALSE(parse_list("<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>", false));
  EXPECT_FALSE(parse_list("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", false));
}

TEST(S3AnswersTest, AListingWithASizeThatIsNoNumberIsAnError) {
  const auto listed = [](const std::string& size) {
    return parse_list("<ListBucketResult><Contents><Key>a</Key>" + size + "</Contents></ListBucketResult>", false);
  };
  EXPECT_EQ(listed("<Size>18446744073709551615</Size>")->objects.at(0).bytes, UINT64_MAX);
  for (const char* size : {"", "x", "-1", "+1", "1 KB", "0x10", " 1", "1.0", "18446744073709551616"}) {
    const auto page = listed(std::string("<Size>") + size + "</Size>");
    ASSERT_FALSE(page) << size;
    EXPECT_EQ(page.error().message, "a listing has an object with the size \"" + std::string(size) + "\"");
  }
  EXPECT_EQ(listed("").error().message, "a listing has an object with no size");
}

TEST(S3AnswersTest, ATimeThatNanosecondsCannotHoldIsNone) {
  const auto mtime_of = [](const std::string& time) {
    return parse_list("<ListBucketResult><Contents><Key>a</Key><LastModified>" + time +
                          "</LastModified><Size>1</Size></Contents></ListBucketResult>",
                      false)->objects.at(0).mtime_ns;
  };
  EXPECT_EQ(mtime_of("2262-04-11T23:47:16.854775Z"), 9'223'372'036'854'775'000);
  EXPECT_EQ(mtime_of("1969-12-31T23:59:59Z"), -1'000'000'000);
  for (const char* time : {"2262-04-11T23:47:16.854776Z", "9999-12-31T23:59:59Z", "1677-09-21T00:12:43Z",
                           "0001-01-01T00:00:00Z", "yesterday", ""}) {
    EXPECT_EQ(mtime_of(time), 0) << time;
  }
}

TEST(S3AnswersTest, AnUploadThatNothingCanBeAskedOfIsLeftOut) {
  const auto uploads = parse_uploads(
      "<ListMultipartUploadsResult><Upload><Key>a</Key></Upload><Upload><UploadId>1</UploadId></Upload>"
      "<Upload><Key>b</Key><UploadId>2</UploadId></Upload></ListMultipartUploadsResult>");
  ASSERT_EQ(uploads.size(), 1U);
  EXPECT_EQ(uploads[0].key, "b");
  EXPECT_EQ(uploads[0].id, "2");
}

TEST(S3AnswersTest, AnErrorHasItsCodeAndMessage) {
  const auto error = parse_error("<Error><Code>SlowDown</Code><Message>Reduce</Message></Error>");
  EXPECT_EQ(error.code, "SlowDown");
  EXPECT_EQ(error.message, "Reduce");
  EXPECT_EQ(parse_error("<CopyObjectResult/>").code, "");
  EXPECT_EQ(parse_error("no xml").code, "");
}

TEST(S3AnswersTest, TagsAndUploadsAreFoundByName) {
  const auto tags = parse_tags(
      "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</Key><Value/></Tag>"
      "</TagSet></Tagging>");
  ASSERT_EQ(tags.size(), 2U);
  EXPECT_EQ(tags[0], (std::pair<std::string, std::string>("a", "1")));
  EXPECT_EQ(tags[1].second, "");
  EXPECT_EQ(first_text("<R><UploadId>u1</UploadId></R>", "UploadId"), "u1");
  EXPECT_EQ(xml_escaped("a<b>&\"c"), "a&lt;b&gt;&amp;&quot;c");
  EXPECT_EQ(unquoted("W/\"x\""), "x");
}

TEST(Uploads, AreReadWithTheirKeysAndIds) {
  const auto uploads = parse_uploads(
      "<ListMultipartUploadsResult><Bucket>b</Bucket><Upload><Key>data/a &amp; b</Key>"
      "<UploadId>one</UploadId><Owner><ID>x</ID></Owner></Upload>"
      "<Upload><Key>data/c</Key><UploadId>two</UploadId></Upload></ListMultipartUploadsResult>");
  ASSERT_EQ(uploads.size(), 2U);
  EXPECT_EQ(uploads[0].key, "data/a & b");
  EXPECT_EQ(uploads[0].id, "one");
  EXPECT_EQ(uploads[1].key, "data/c");
  EXPECT_EQ(uploads[1].id, "two");
  EXPECT_TRUE(parse_uploads("<ListMultipartUploadsResult/>").empty());
}

}  // namespace
}  // namespace sluice::s3
