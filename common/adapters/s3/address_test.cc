#include "common/adapters/s3/address.h"

#include <gtest/gtest.h>

namespace sluice::s3 {
namespace {

Endpoint endpoint(const std::string& url, const std::string& addressing = "auto") {
  return endpoint_of(url, "eu-west-1", addressing).value();
}

TEST(S3AddressTest, AKeyIsEncodedStrictlyAndKeepsItsSlashes) {
  EXPECT_EQ(url_of(endpoint("http://localhost:8333"), "landing", "in/a b+c=ü~.csv", {}),
            "http://localhost:8333/landing/in/a%20b%2Bc%3D%C3%BC~.csv");
}

TEST(S3AddressTest, AQueryIsSortedAndEveryNameHasItsEqualsSign) {
  EXPECT_EQ(url_of(endpoint("http://h"), "b", "k", {{"uploads", ""}, {"partNumber", "1"}}),
            "http://h/b/k?partNumber=1&uploads=");
  EXPECT_EQ(url_of(endpoint("http://h"), "b", "", {{"prefix", "in/a b"}}),
            "http://h/b?prefix=in%2Fa%20b");
}

TEST(S3AddressTest, TheBucketStandsInThePathOrInTheHost) {
  EXPECT_EQ(url_of(endpoint("https://h:9000/base/"), "b", "k", {}), "https://h:9000/base/b/k");
  EXPECT_EQ(url_of(endpoint("https://h:9000", "virtual"), "b", "k", {}), "https://b.h:9000/k");
  EXPECT_EQ(url_of(endpoint(""), "b", "k", {}), "https://b.s3.eu-west-1.amazonaws.com/k");
  EXPECT_EQ(url_of(endpoint("", "path"), "b", "k", {}), "https://s3.eu-west-1.amazonaws.com/b/k");
  EXPECT_EQ(url_of(endpoint(""), "b", "", {{"list-type", "2"}}),
            "https://b.s3.eu-west-1.amazonaws.com/?list-type=2");
}

TEST(S3AddressTest, ABucketWhoseNameNoHostCanHaveStandsInThePath) {
  const auto url = [](const std::string& scheme, const std::string& bucket) {
    return url_of(endpoint(scheme + "://h", "virtual"), bucket, "k", {});
  };
  EXPECT_EQ(url("http", "a.b"), "http://a.b.h/k");
  EXPECT_EQ(url("https", "a.b"), "https://h/a.b/k") << "a certificate for *.h is none for a.b.h";
  for (const std::string bucket : {"Upper", "under_score", "-a", "a-", "a..b", ".a"}) {
    EXPECT_EQ(url("http", bucket), "http://h/" + bucket + "/k");
  }
}

TEST(S3AddressTest, WhatIsNoUrlIsNoEndpoint) {
  for (const char* url : {"localhost:9000", "ftp://h", "http://", "http://user@h", "http://h/?a=b"}) {
    EXPECT_FALSE(endpoint_of(url, "r", "auto")) << url;
  }
}

TEST(S3AddressTest, APathNamesBucketAndKeyAndIsReadBack) {
  const auto place = place_of(path_of("landing", "in/x y.csv"));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->bucket, "landing");
  EXPECT_EQ(place->key, "in/x y.csv");
  for (const char* path : {"s3://landing", "s3://landing/", "s3:///key", "in/x.csv"}) {
    EXPECT_FALSE(place_of(path)) << path;
  }
}

TEST(S3AddressTest, WhatIsEncodedIsDecodedAgain) {
  EXPECT_EQ(decoded(encoded("a b+ü%/", false), false), "a b+ü%/");
  EXPECT_EQ(decoded("a+b%2Bc%", true), "a b+c%");
}

}  // namespace
}  // namespace sluice::s3
