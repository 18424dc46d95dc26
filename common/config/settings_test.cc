#include "common/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

extern char** environ;

namespace sluice {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A world without SLUICE_ variables but those of the test, and a folder for its files.
class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    std::vector<std::string> inherited;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string line = *entry;
      if (line.starts_with("SLUICE_")) inherited.push_back(line.substr(0, line.find('=')));
    }
    for (const std::string& name : inherited) ::unsetenv(name.c_str());
    std::string folder = (std::filesystem::temp_directory_path() / "settings-test-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
  }
  ~SettingsTest() override {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
    std::filesystem::remove_all(folder_);
  }

  void variable(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  std::string file(const std::string& name, const std::string& content) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << content;
    return path;
  }
  static Settings read(std::vector<std::string> arguments = {},
                       const std::string& service = "ingest") {
    arguments.insert(arguments.begin(), "sluice-" + service);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    return read_settings(service, static_cast<int>(argv.size()), argv.data());
  }
  static std::string refusal(std::vector<std::string> arguments = {}) {
    try {
      read(std::move(arguments));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  }

  std::filesystem::path folder_;
  std::vector<std::string> set_;
};

TEST_F(SettingsTest, DefaultsComeFromThePortBase) {
  const Settings plain = read();
  EXPECT_EQ(plain.http_port, 8081);
  EXPECT_EQ(plain.kafka.brokers, "127.0.0.1:8084");
  EXPECT_EQ(plain.postgres_url, "postgresql://sluice:sluice@127.0.0.1:8086/sluice");
  EXPECT_EQ(plain.state_dir(), ".sluice/state/ingest");
  variable("SLUICE_PORT_BASE", "9000");
  EXPECT_EQ(read({}, "api").http_port, 9000);
  EXPECT_EQ(read({}, "ingest").http_port, 9001);
  EXPECT_EQ(read({}, "transform").http_port, 9002);
  EXPECT_EQ(read({}, "loader").http_port, 9003);
  EXPECT_EQ(read().kafka.brokers, "127.0.0.1:9004");
  EXPECT_THAT(read().postgres_url, HasSubstr(":9006/"));
}

TEST_F(SettingsTest, AFlagWinsOverAVariableAndThatOverTheFile) {
  const std::string config = file("s.yaml",
                                  "home: from-file\n"
                                  "threads: 3\n"
                                  "log_level: debug\n"
                                  "definitions: [a, b]\n"
                                  "http: { address: 0.0.0.0, port: 7000 }\n"
                                  "kafka:\n"
                                  "  brokers: k1:9092,k2:9092\n"
                                  "  shards: 4\n"
                                  "  properties: { sasl.username: me, linger.ms: 20 }\n");
  variable("SLUICE_CONFIG", config);
  variable("SLUICE_THREADS", "5");
  variable("SLUICE_LOG_LEVEL", "warning");
  const Settings settings = read({"--log_level=error", "--kafka.topic_prefix", "test"});
  EXPECT_EQ(settings.home, "from-file");
  EXPECT_EQ(settings.data_in(), "from-file/data/in");
  EXPECT_EQ(settings.threads, 5);
  EXPECT_EQ(settings.log_level, "error");
  EXPECT_THAT(settings.definitions, ElementsAre("a", "b"));
  EXPECT_EQ(settings.http_address, "0.0.0.0");
  EXPECT_EQ(settings.http_port, 7000);
  EXPECT_EQ(settings.kafka.brokers, "k1:9092,k2:9092");
  EXPECT_EQ(settings.kafka.shards, 4);
  EXPECT_EQ(settings.kafka.topic_prefix, "test");
  EXPECT_EQ(settings.kafka.properties.at("sasl.username"), "me");
  EXPECT_EQ(settings.kafka.properties.at("linger.ms"), "20");
}

TEST_F(SettingsTest, AConfigFlagWinsOverTheVariable) {
  variable("SLUICE_CONFIG", file("a.yaml", "home: a\n"));
  EXPECT_EQ(read({"--config", file("b.yaml", "home: b\n")}).home, "b");
  EXPECT_EQ(read({"--config", file("empty.yaml", "# nothing\n")}).home, ".sluice");
}

TEST_F(SettingsTest, AnyLibrdkafkaPropertyPassesThroughTheEnvironment) {
  variable("SLUICE_KAFKA__SASL_USERNAME", "me");
  variable("SLUICE_KAFKA__SASL_PASSWORD_FILE", file("password", "s3cret\n"));
  const Settings settings = read();
  EXPECT_EQ(settings.kafka.properties.at("sasl.username"), "me");
  EXPECT_EQ(settings.kafka.properties.at("sasl.password"), "s3cret");
  EXPECT_THAT(describe(settings), Not(HasSubstr("s3cret")));
}

TEST_F(SettingsTest, ASecretMayLieInAFile) {
  const std::string secret = file("url", "postgresql://u:p@h:5432/d\r\nsecond line\n");
  variable("SLUICE_POSTGRES_URL_FILE", secret);
  EXPECT_EQ(read().postgres_url, "postgresql://u:p@h:5432/d");
  variable("SLUICE_POSTGRES_URL", "postgresql://x@y/z");
  EXPECT_THAT(refusal(), HasSubstr("SLUICE_POSTGRES_URL or SLUICE_POSTGRES_URL_FILE, not both"));
}

TEST_F(SettingsTest, AnEmptyVariableIsAnUnsetOne) {
  variable("SLUICE_HOME", "");
  variable("SLUICE_POSTGRES_URL_FILE", "");
  variable("SLUICE_PORT_BASE", "");
  variable("SLUICE_CONFIG", "");
  EXPECT_EQ(read().home, ".sluice");
}

TEST_F(SettingsTest, VariablesOfTheLauncherAndOfTestsAreNoMistake) {
  for (const char* name :
       {"SLUICE_CACHE", "SLUICE_BUILD_DIR", "SLUICE_TEST_KAFKA", "SLUICE_POSTGRES_PASSWORD",
        "SLUICE_POSTGRES_PASSWORD_FILE"}) {
    variable(name, "x");
  }
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(SettingsTest, AnS3SourceIsConfiguredLikeEverythingElseAndItsSecretStaysUnsaid) {
  variable("SLUICE_S3_ENDPOINT", "http://127.0.0.1:9000");
  variable("SLUICE_S3_AFTER", "tag");
  variable("SLUICE_S3_SECRET_ACCESS_KEY_FILE", file("secret", "wJalrXUtnFEMI\n"));
  const Settings settings = read({"--config", file("s.yaml", "s3: { bucket: landing }\n")});
  EXPECT_EQ(settings.s3.endpoint, "http://127.0.0.1:9000");
  EXPECT_EQ(settings.s3.bucket, "landing");
  EXPECT_EQ(settings.s3.after, AfterReading::kTag);
  EXPECT_EQ(settings.s3.secret_access_key, "wJalrXUtnFEMI");
  EXPECT_THAT(describe(settings), Not(HasSubstr("wJalr")));
  variable("SLUICE_S3_AFTER", "burn");
  EXPECT_THAT(refusal(), HasSubstr("none of keep, move, tag, delete"));
}

TEST_F(SettingsTest, ASettingThatIsAFilesNameIsTheNameAndNotItsFirstLine) {
  variable("SLUICE_S3_CA_FILE", file("ca.crt", "-----BEGIN CERTIFICATE-----\n"));
  EXPECT_EQ(read().s3.ca_file, (folder_ / "ca.crt").string());
}

TEST_F(SettingsTest, AccessIsOpenUnlessItIsConfigured) {
  EXPECT_EQ(read().access.tokens_file, "");
  EXPECT_EQ(read().access.metrics, "open");
  EXPECT_EQ(read().access.requests_per_second, 0);
  variable("SLUICE_TOKENS_FILE", "/etc/sluice/tokens.yaml");
  variable("SLUICE_METRICS_ACCESS", "read");
  // The launcher's and the command line's.
  variable("SLUICE_TOKEN", "x");
  const Settings settings = read({"--config", file("s.yaml", "access: { requests_per_second: 5, requests_burst: 9 }\n")});
  EXPECT_EQ(settings.access.tokens_file, "/etc/sluice/tokens.yaml");
  EXPECT_EQ(settings.access.metrics, "read");
  EXPECT_EQ(settings.access.requests_per_second, 5);
  EXPECT_EQ(settings.access.requests_burst, 9);
  variable("SLUICE_METRICS_ACCESS", "closed");
  EXPECT_THAT(refusal(), HasSubstr("\"closed\" is none of open, read"));
}

TEST_F(SettingsTest, WhatIsUnknownIsRefusedByName) {
  struct Case {
    std::string yaml, says;
  };
  for (const Case& c :
       {Case{"home: a\nhoem: b\n", ":2: hoem: there is no such setting"},
        {"kafka:\n  broker: x\n", ":2: kafka.broker: there is no such setting"},
        {"http: 8080\n", ":1: http: there is no such setting"},
        {"threads: two\n", ":1: threads: \"two\" is not a whole number from 1 to 256"},
        {"threads: 0\n", "from 1 to 256"},
        {"threads: [1, 2]\n", "threads takes one value"},
        {"threads:\n", "threads takes one value"},
        {"log_level: loud\n", "\"loud\" is none of debug, info, warning, error"},
        {"kafka: { properties: x }\n", "kafka.properties takes a map"},
        {"kafka: { properties: { a: [1] } }\n", "kafka.properties.a takes one value"},
        {"- home\n", "is not a map of settings"},
        {"home: [\n", "s.yaml"}}) {
    EXPECT_THAT(refusal({"--config", file("s.yaml", c.yaml)}), HasSubstr(c.says)) << c.yaml;
  }
  EXPECT_THAT(refusal({"--config", "/does/not/exist.yaml"}), HasSubstr("/does/not/exist.yaml"));
  EXPECT_THAT(refusal({"--hoem", "x"}), HasSubstr("--hoem: there is no such flag"));
  EXPECT_THAT(refusal({"--home"}), HasSubstr("--home needs a value"));
  EXPECT_THAT(refusal({"home"}), HasSubstr("\"home\" is not a flag"));
  EXPECT_THAT(refusal({"--http.port=70000"}),
              HasSubstr("--http.port: \"70000\" is not a whole number"));
}

TEST_F(SettingsTest, AnUnknownVariableIsRefusedByName) {
  variable("SLUICE_HOEM", "x");
  EXPECT_THAT(refusal(), HasSubstr("SLUICE_HOEM: there is no such setting"));
}

TEST_F(SettingsTest, APortBaseThatIsNoNumberIsRefused) {
  variable("SLUICE_PORT_BASE", "80a");
  EXPECT_THAT(refusal(), HasSubstr("SLUICE_PORT_BASE: \"80a\" is not a whole number"));
}

TEST_F(SettingsTest, AnUnreadableSecretIsRefused) {
  variable("SLUICE_POSTGRES_URL_FILE", (folder_ / "missing").string());
  EXPECT_THAT(refusal(), HasSubstr("SLUICE_POSTGRES_URL_FILE names"));
}

TEST_F(SettingsTest, TheDescriptionMasksEveryPassword) {
  struct Case {
    std::string url, shown;
  };
  for (const Case& c :
       {Case{"postgresql://u:hush@h:5432/d", "postgres_url=postgresql://u:***@h:5432/d"},
        {"postgresql://u:hu@sh@h/d", "postgres_url=postgresql://u:***@h/d"},
        {"postgresql://u@h:5432/d?password=hush", "postgres_url=***"},
        {"host=h password=hush", "postgres_url=***"},
        {"postgresql://u@h/d", "postgres_url=postgresql://u@h/d"}}) {
    Settings settings;
    settings.postgres_url = c.url;
    EXPECT_THAT(describe(settings), HasSubstr(c.shown)) << c.url;
    EXPECT_THAT(describe(settings), Not(HasSubstr("hush"))) << c.url;
  }
}

TEST_F(SettingsTest, HelpListsEverySettingWithItsVariable) {
  testing::internal::CaptureStdout();
  EXPECT_EXIT(read({"--help"}), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(read({"--version"}), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(read({"--print-config", "--home", "x"}), testing::ExitedWithCode(0), "");
  const std::string out = testing::internal::GetCapturedStdout();
  for (const char* text : {"--kafka.brokers VALUE", "SLUICE_KAFKA_BROKERS", "0.1.0", "home=x "}) {
    EXPECT_THAT(out, HasSubstr(text));
  }
}

}  // namespace
}  // namespace sluice
