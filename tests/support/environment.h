#pragma once
// The broker, the database and the S3 server of this ctest run (tests/environment starts them once for all
// tests). Tests run side by side on them, so each takes a topic prefix, a database and a prefix of keys of its
// own.

#include <string>

namespace sluice::testing {

struct TestEnvironment {
  std::string kafka;     // host:port
  std::string postgres;  // URL of a database; its role may make others
  // A second way to the same broker: what listens at `kafka_proxy_upstream` tells its clients to come to
  // `kafka_proxied`, where nobody listens until a test puts its proxy there. One test at a time.
  std::string kafka_proxied;
  std::string kafka_proxy_upstream;
  // URL; bucket "landing", keys "sluice" / "sluice-secret". The host s3.localhost is the server too, and
  // whatever.s3.localhost its bucket "whatever".
  std::string s3;
  // Keys "lister" / "lister-secret" may list and write there, and not read.
  std::string s3_tls;  // the same server; its certificate is for 127.0.0.1, s3.localhost and *.s3.localhost
  std::string s3_ca;   // PEM file of the authority that it is by
};

// Throws std::runtime_error with what to do where the environment does not run. The variable SLUICE_TEST_S3
// puts another S3 server in its place, with the same bucket and keys (tests/environment/other_s3.sh).
const TestEnvironment& test_environment();

// Reads what environment.sh wrote.
TestEnvironment read_test_environment(const std::string& file);

// A topic prefix (good for keys too), and the URL of an empty database, that no other test has.
std::string fresh_prefix();
std::string fresh_database();
std::string fresh_database(const std::string& postgres_url);

}  // namespace sluice::testing
