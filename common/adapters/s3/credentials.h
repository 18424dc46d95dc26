#pragma once
// Keys and region as every AWS tool finds them: our own settings, then AWS_ACCESS_KEY_ID and its
// companions (each also as NAME_FILE), then the shared credentials file (AWS_SHARED_CREDENTIALS_FILE
// or ~/.aws/credentials) with the profile AWS_PROFILE. Keys are never logged.

#include <functional>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/config/settings.h"

namespace sluice::s3 {

struct Keys {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: keys that stay
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
// The process's own; an empty variable counts as unset.
Environment process_environment();

// Read anew at each call, so that rotated keys are taken up. An Error says where was looked.
Result<Keys> find_keys(const S3Settings& settings, const Environment& environment);
std::string find_region(const S3Settings& settings, const Environment& environment);
std::string find_endpoint(const S3Settings& settings, const Environment& environment);
std::string find_ca_file(const S3Settings& settings, const Environment& environment);

// One profile of a credentials file; nullopt: it is not there, or has no keys. Pure.
std::optional<Keys> keys_of_profile(const std::string& text, const std::string& profile);

}  // namespace sluice::s3
