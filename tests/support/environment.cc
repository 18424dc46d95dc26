#include "tests/support/environment.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>

namespace sluice::testing {
namespace {

// Letters and digits that differ between the tests of a run and between runs.
std::string unique_word() {
  static std::atomic<int> count{0};
  static const unsigned salt = std::random_device{}();
  return std::to_string(::getpid()) + "x" + std::to_string(salt % 100'000) + "x" + std::to_string(++count);
}

}  // namespace

TestEnvironment read_test_environment(const std::string& file) {
  std::ifstream in(file);
  if (!in) {
    throw std::runtime_error("the tests' broker and database do not run (there is no " + file +
                             "): run this test through ctest, or start them first with "
                             "tests/environment/environment.sh start DIR");
  }
  std::map<std::string, std::string> values;
  std::string line;
  while (std::getline(in, line)) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) values[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return {values["SLUICE_TEST_KAFKA"], values["SLUICE_TEST_POSTGRES"], values["SLUICE_TEST_KAFKA_PROXIED"],
          values["SLUICE_TEST_KAFKA_PROXY_UPSTREAM"], values["SLUICE_TEST_S3"],
          values["SLUICE_TEST_S3_TLS"], values["SLUICE_TEST_S3_CA"]};
}

const TestEnvironment& test_environment() {
  static const TestEnvironment environment = [] {
    const char* other_s3 = std::getenv("SLUICE_TEST_S3");
    if (other_s3 == nullptr) return read_test_environment(SLUICE_TEST_ENVIRONMENT_FILE);
    TestEnvironment out;  // for tests that need nothing else
    out.s3 = other_s3;
    return out;
  }();
  return environment;
}

std::string fresh_prefix() { return "t" + unique_word(); }

std::string fresh_database(const std::string& postgres_url) {
  const std::string name = "t" + unique_word();
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(postgres_url.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(std::string("the tests' database does not answer: ") +
                             PQerrorMessage(connection.get()));
  }
  const std::string sql = "CREATE DATABASE " + name;
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql.c_str()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
    throw std::runtime_error("cannot make a database: " + std::string(PQerrorMessage(connection.get())));
  }
  return postgres_url.substr(0, postgres_url.rfind('/') + 1) + name;
}

std::string fresh_database() { return fresh_database(test_environment().postgres); }

}  // namespace sluice::testing
