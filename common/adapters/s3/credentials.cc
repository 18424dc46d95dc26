#include "common/adapters/s3/credentials.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sluice::s3 {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// NAME, or the first line of the file that NAME_FILE names.
std::optional<std::string> value_or_file(const Environment& environment, const std::string& name) {
  if (auto value = environment(name)) return value;
  const auto path = environment(name + "_FILE");
  if (!path) return std::nullopt;
  std::ifstream in(*path);
  std::string line;
  if (!in || !std::getline(in, line)) return std::nullopt;
  return trimmed(line);
}

std::string first_of(const std::string& own, const Environment& environment,
                     std::initializer_list<const char*> names) {
  if (!own.empty()) return own;
  for (const char* name : names) {
    if (const auto value = environment(name)) return *value;
  }
  return {};
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

std::optional<Keys> keys_of_profile(const std::string& text, const std::string& profile) {
  std::istringstream lines(text);
  Keys keys;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    line = trimmed(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line.front() == '[') {
      inside = line == "[" + profile + "]" || line == "[profile " + profile + "]";
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!inside || equals == std::string::npos) continue;
    const std::string name = trimmed(line.substr(0, equals));
    const std::string value = trimmed(line.substr(equals + 1));
    if (name == "aws_access_key_id") keys.access_key_id = value;
    if (name == "aws_secret_access_key") keys.secret_access_key = value;
    if (name == "aws_session_token") keys.session_token = value;
  }
  if (keys.access_key_id.empty() || keys.secret_access_key.empty()) return std::nullopt;
  return keys;
}

Result<Keys> find_keys(const S3Settings& settings, const Environment& environment) {
  if (!settings.access_key_id.empty() && !settings.secret_access_key.empty()) {
    return Keys{settings.access_key_id, settings.secret_access_key, settings.session_token};
  }
  const auto id = value_or_file(environment, "AWS_ACCESS_KEY_ID");
  const auto secret = value_or_file(environment, "AWS_SECRET_ACCESS_KEY");
  if (id && secret) {
    return Keys{*id, *secret, value_or_file(environment, "AWS_SESSION_TOKEN").value_or("")};
  }
  const std::string path = environment("AWS_SHARED_CREDENTIALS_FILE")
                               .value_or(environment("HOME").value_or("") + "/.aws/credentials");
  const std::string profile = environment("AWS_PROFILE").value_or("default");
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  if (auto keys = keys_of_profile(text.str(), profile)) return *keys;
  return fail("there are no S3 keys: neither in SLUICE_S3_ACCESS_KEY_ID and "
              "SLUICE_S3_SECRET_ACCESS_KEY, nor in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor "
              "as profile \"" + profile + "\" in " + path);
}

std::string find_region(const S3Settings& settings, const Environment& environment) {
  const std::string found =
      first_of(settings.region, environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  return found.empty() ? "us-east-1" : found;
}

std::string find_endpoint(const S3Settings& settings, const Environment& environment) {
  return first_of(settings.endpoint, environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
}

std::string find_ca_file(const S3Settings& settings, const Environment& environment) {
  return first_of(settings.ca_file, environment, {"AWS_CA_BUNDLE"});
}

}  // namespace sluice::s3
