#pragma once
// The S3 server of this ctest run, as a test's client sees it.

#include <optional>
#include <ostream>

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

// The ways to the same buckets.
enum class S3Way { kPath, kPathTls, kVirtualHost, kVirtualHostTls };

inline std::string name_of(S3Way way) {
  switch (way) {
    case S3Way::kPath: return "Path";
    case S3Way::kPathTls: return "PathTls";
    case S3Way::kVirtualHost: return "VirtualHost";
    case S3Way::kVirtualHostTls: return "VirtualHostTls";
  }
  return {};
}
inline void PrintTo(S3Way way, std::ostream* out) { *out << name_of(way); }
inline bool is_tls(S3Way way) { return way == S3Way::kPathTls || way == S3Way::kVirtualHostTls; }
inline std::uint16_t port_of(S3Way way) {
  return port_of(is_tls(way) ? test_environment().s3_tls : test_environment().s3);
}
// `port`: of a proxy before it.
inline S3Settings s3_settings(S3Way way, std::optional<std::uint16_t> port = std::nullopt) {
  const bool virtual_host = way == S3Way::kVirtualHost || way == S3Way::kVirtualHostTls;
  S3Settings settings = s3_settings(std::string(is_tls(way) ? "https" : "http") + "://" +
                                    (virtual_host ? "s3.localhost" : "127.0.0.1") + ":" +
                                    std::to_string(port.value_or(port_of(way))));
  settings.addressing = virtual_host ? "virtual" : "path";
  if (is_tls(way)) settings.ca_file = test_environment().s3_ca;
  return settings;
}

}  // namespace sluice::testing
