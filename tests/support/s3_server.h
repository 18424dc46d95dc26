#pragma once
// The S3 server of this ctest run, as a test's client sees it.

#include "common/adapters/s3/client.h"
#include "tests/support/environment.h"

namespace sluice::testing {

inline S3Settings s3_settings(const std::string& endpoint = test_environment().s3) {
  S3Settings settings;
  settings.endpoint = endpoint;
  settings.access_key_id = "sluice";
  settings.secret_access_key = "sluice-secret";
  return settings;
}

inline s3::Environment no_environment() {
  return [](const std::string&) { return std::nullopt; };
}

// Port of "http://127.0.0.1:8333".
inline std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

}  // namespace sluice::testing
