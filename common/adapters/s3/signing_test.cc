// The examples of AWS's own documentation ("Signature Calculations for the Authorization Header").

#include "common/adapters/s3/signing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::s3 {
namespace {

using ::testing::EndsWith;

const Keys kKeys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};

std::string authorization(ToSign request, const Keys& keys = kKeys) {
  if (request.body_sha256.empty()) request.body_sha256 = sha256_hex("");
  return signed_headers(request, keys, "us-east-1", "20130524T000000Z").back().second;
}

TEST(S3SigningTest, AnObjectIsReadFromItsBeginning) {
  EXPECT_THAT(authorization({"GET", "https://examplebucket.s3.amazonaws.com/test.txt",
                             {{"Range", "bytes=0-9"}}, ""}),
              EndsWith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(S3SigningTest, AnObjectIsWritten) {
  EXPECT_THAT(authorization({"PUT",
                             "https://examplebucket.s3.amazonaws.com/test%24file.text",
                             {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                              {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                             sha256_hex("Welcome to Amazon S3.")}),
              EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(S3SigningTest, ABucketIsListed) {
  EXPECT_THAT(authorization({"GET", "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
                             {}, ""}),
              EndsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(S3SigningTest, APartOfTheQueryWithoutAValueIsSigned) {
  EXPECT_THAT(authorization({"GET", "https://examplebucket.s3.amazonaws.com/?lifecycle=", {}, ""}),
              EndsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(S3SigningTest, ATemporaryKeysTokenIsSentAndSigned) {
  Keys keys = kKeys;
  keys.session_token = "token";
  EXPECT_THAT(authorization({"GET", "https://h/k", {}, ""}, keys),
              ::testing::HasSubstr("x-amz-date;x-amz-security-token,"));
}

}  // namespace
}  // namespace sluice::s3
