#include "common/adapters/s3/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

namespace sluice::s3 {
namespace {

Environment of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

class S3CredentialsTest : public ::testing::Test {
 protected:
  ~S3CredentialsTest() override { std::filesystem::remove(path); }
  std::string file(const std::string& content) {
    std::ofstream(path) << content;
    return path;
  }
  std::string path = (std::filesystem::temp_directory_path() /
                      ("sluice-keys-" + std::to_string(::getpid())))
                         .string();
};

TEST_F(S3CredentialsTest, OurOwnSettingsComeBeforeTheVariablesAndTheseBeforeTheFile) {
  const auto environment = of({{"AWS_ACCESS_KEY_ID", "variable"},
                               {"AWS_SECRET_ACCESS_KEY", "s"},
                               {"AWS_SESSION_TOKEN", "t"},
                               {"AWS_SHARED_CREDENTIALS_FILE",
                                file("[default]\naws_access_key_id=file\naws_secret_access_key=s\n")}});
  S3Settings settings;
  EXPECT_EQ(find_keys(settings, environment)->access_key_id, "variable");
  EXPECT_EQ(find_keys(settings, environment)->session_token, "t");
  EXPECT_EQ(find_keys(settings, of({{"AWS_SHARED_CREDENTIALS_FILE", path}}))->access_key_id, "file");
  settings.access_key_id = "own";
  settings.secret_access_key = "s";
  EXPECT_EQ(find_keys(settings, environment)->access_key_id, "own");
  EXPECT_EQ(find_keys(settings, environment)->session_token, "");
}

TEST_F(S3CredentialsTest, AVariablesValueMayStandInAFileAndIsReadAnew) {
  const auto environment = of({{"AWS_ACCESS_KEY_ID", "id"}, {"AWS_SECRET_ACCESS_KEY_FILE", path}});
  file("first\n");
  EXPECT_EQ(find_keys({}, environment)->secret_access_key, "first");
  file("rotated\n");
  EXPECT_EQ(find_keys({}, environment)->secret_access_key, "rotated");
}

TEST_F(S3CredentialsTest, AProfileIsFoundAmongOthers) {
  const std::string text =
      "# keys\n[default]\naws_access_key_id = a\naws_secret_access_key = b=c \n\n"
      "[other]\naws_access_key_id=x\naws_secret_access_key=y\naws_session_token=z\n[empty]\n";
  EXPECT_EQ(keys_of_profile(text, "default")->secret_access_key, "b=c");
  EXPECT_EQ(keys_of_profile(text, "other")->session_token, "z");
  EXPECT_FALSE(keys_of_profile(text, "empty"));
  EXPECT_FALSE(keys_of_profile(text, "none"));
}

TEST_F(S3CredentialsTest, WithoutKeysTheErrorSaysWhereWasLooked) {
  const auto none = find_keys({}, of({{"HOME", "/nowhere"}, {"AWS_PROFILE", "sluice"}}));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, ::testing::HasSubstr("\"sluice\" in /nowhere/.aws/credentials"));
}

TEST_F(S3CredentialsTest, RegionEndpointAndAuthoritiesComeFromTheUsualVariables) {
  EXPECT_EQ(find_region({}, of({})), "us-east-1");
  EXPECT_EQ(find_region({}, of({{"AWS_DEFAULT_REGION", "a"}, {"AWS_REGION", "b"}})), "b");
  EXPECT_EQ(find_endpoint({}, of({{"AWS_ENDPOINT_URL", "a"}, {"AWS_ENDPOINT_URL_S3", "b"}})), "b");
  EXPECT_EQ(find_ca_file({}, of({{"AWS_CA_BUNDLE", "ca.pem"}})), "ca.pem");
}

}  // namespace
}  // namespace sluice::s3
