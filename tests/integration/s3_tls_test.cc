// What TLS is for: a server that is not the one meant gets nothing, and the sentence says what to do.
// And exports, written by the real place of exports through it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/loader/core/test_definition.h"
#include "services/loader/s3_place.h"
#include "tests/support/s3_server.h"

namespace sluice::s3 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::no_environment;
using testing::S3Way;
using testing::s3_settings;
using testing::test_environment;

constexpr const char* kBucket = "landing";
// So long that a test which tries again would not end in its time.
constexpr ClientSettings kPatient{std::chrono::minutes(10)};

Failure listing_fails(Client& client) {
  const auto listed = client.list(kBucket, "in/", [](std::vector<ObjectInfo>) {});
  EXPECT_FALSE(listed);
  return listed ? Failure{} : listed.error();
}

TEST(S3Tls, ACertificateOfAnUnknownAuthorityIsRefusedAtOnceWithASentence) {
  Client client(s3_settings(test_environment().s3_tls), no_environment(), kPatient);
  const Failure failure = listing_fails(client);
  EXPECT_EQ(failure.kind, FailureKind::kAway) << "its objects wait until a person has put it right";
  EXPECT_THAT(failure.message,
              AllOf(HasSubstr("GET s3://landing"), HasSubstr("the server's certificate is not accepted"),
                    HasSubstr("unable to get local issuer certificate"), HasSubstr("the system's"),
                    HasSubstr("SLUICE_S3_CA_FILE or AWS_CA_BUNDLE")));
  std::string bytes;
  const auto got = client.get(kBucket, "x", "e", 0, 10, bytes);
  ASSERT_FALSE(got);
  EXPECT_THAT(got.error().message, HasSubstr("the server's certificate is not accepted"));
}

TEST(S3Tls, ACertificateForAnotherNameIsRefused) {
  S3Settings settings = s3_settings("https://localhost:" + std::to_string(port_of(S3Way::kPathTls)));
  settings.ca_file = test_environment().s3_ca;
  Client client(settings, no_environment(), kPatient);
  EXPECT_THAT(listing_fails(client).message,
              AllOf(HasSubstr("the server's certificate is not accepted"), HasSubstr("host name 'localhost'"),
                    HasSubstr(test_environment().s3_ca)));
}

TEST(S3Tls, AFileOfAuthoritiesThatCannotBeReadIsNamed) {
  S3Settings settings = s3_settings(test_environment().s3_tls);
  for (const char* file : {"/nowhere/ca.pem", "/etc/hostname"}) {
    settings.ca_file = file;
    Client client(settings, no_environment(), kPatient);
    EXPECT_THAT(listing_fails(client).message,
                AllOf(HasSubstr(std::string("cannot be read from ") + file), HasSubstr("AWS_CA_BUNDLE")));
  }
}

TEST(S3Tls, TheUsualVariableNamesTheAuthorities) {
  Client client(s3_settings(test_environment().s3_tls), [](const std::string& name) {
    return name == "AWS_CA_BUNDLE" ? std::optional(test_environment().s3_ca) : std::nullopt;
  });
  const auto listed = client.list(kBucket, "in/", [](std::vector<ObjectInfo>) {});
  EXPECT_TRUE(listed) << listed.error().message;
}

TEST(S3Tls, PlainHttpToATlsPortIsToldInTheServersWords) {
  Client client(s3_settings("http://127.0.0.1:" + std::to_string(port_of(S3Way::kPathTls))), no_environment());
  EXPECT_THAT(listing_fails(client).message, HasSubstr("HTTPS server"));
}

TEST(S3Tls, AnExportIsPublishedInOneRequestOrInPartsAndReplacedWhole) {
  for (const S3Way way : {S3Way::kPathTls, S3Way::kVirtualHostTls}) {
    Client client(s3_settings(way), no_environment());
    const std::string prefix = testing::fresh_prefix() + "/";
    loader::S3Place place(client, kBucket, prefix);
    place.sweep(loader::testing::visits()->reports[0], "");
    for (const std::size_t size : {std::size_t{20} << 20, std::size_t{100}}) {
      const std::string content(size, static_cast<char>('a' + size % 7));
      const auto file = place.begin("current/now.csv");
      file->write(content);
      file->publish();
      EXPECT_EQ(place.size_of("current/now.csv"), size);
      const auto object = client.head(kBucket, prefix + "current/now.csv");
      ASSERT_TRUE(object) << object.error().message;
      std::string bytes;
      ASSERT_TRUE(client.get(kBucket, object->key, object->etag, 0, size, bytes));
      EXPECT_TRUE(bytes == content) << name_of(way) << " " << size;
    }
    EXPECT_EQ(client.uploads(kBucket, prefix)->size(), 0U);
  }
}

}  // namespace
}  // namespace sluice::s3
