#include "tests/support/environment.h"

#include <libpq-fe.h>

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Environment, TellsWhereTheBrokerAndTheDatabaseAre) {
  const TestEnvironment& environment = test_environment();
  EXPECT_THAT(environment.kafka, StartsWith("127.0.0.1:"));
  EXPECT_THAT(environment.kafka_proxied, StartsWith("127.0.0.1:"));
  EXPECT_NE(environment.kafka_proxied, environment.kafka_proxy_upstream);
  EXPECT_THAT(environment.postgres, StartsWith("postgresql://"));
}

TEST(Environment, GivesEachCallerAnEmptyDatabaseOfItsOwn) {
  const std::string one = fresh_database(), other = fresh_database();
  EXPECT_NE(one, other);
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(one.c_str()), PQfinish);
  ASSERT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
  const std::unique_ptr<PGresult, void (*)(PGresult*)> made(
      PQexec(connection.get(), "CREATE TABLE mine (a int)"), PQclear);
  EXPECT_EQ(PQresultStatus(made.get()), PGRES_COMMAND_OK) << PQerrorMessage(connection.get());
}

TEST(Environment, SaysWhatToDoWhereItDoesNotRun) {
  try {
    read_test_environment("/nowhere/environment.env");
    FAIL() << "it read a file that is not there";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("run this test through ctest"));
  }
}

}  // namespace
}  // namespace sluice::testing
