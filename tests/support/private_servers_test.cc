#include "tests/support/private_servers.h"

#include <libpq-fe.h>
#include <signal.h>

#include <memory>

#include <gtest/gtest.h>

namespace sluice::testing {
namespace {

std::string ask(const std::string& url, const char* sql) {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(url.c_str()), PQfinish);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql), PQclear);
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : PQerrorMessage(connection.get());
}

TEST(PrivateServers, ComeBackAfterKillDashNineWithTheirPortsAndWhatWasCommitted) {
  PrivateServers servers;
  const std::string url = servers.fresh_database();
  ask(url, "CREATE TABLE kept (a int)");
  ask(url, "INSERT INTO kept VALUES (7)");

  servers.kill_postgres();
  EXPECT_NE(ask(url, "SELECT a FROM kept"), "7") << "it was not killed";
  servers.start_postgres();
  EXPECT_EQ(ask(url, "SELECT a FROM kept"), "7");

  servers.kill_kafka();
  servers.start_kafka();  // throws unless it answers on its port
}

TEST(PrivateServers, PostgresComesBackThoughAProcessOfTheKilledOneWouldNeverEnd) {
  PrivateServers servers;
  const std::string url = servers.fresh_database();
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(url.c_str()), PQfinish);
  ASSERT_EQ(PQstatus(connection.get()), CONNECTION_OK);
  ASSERT_EQ(::kill(PQbackendPID(connection.get()), SIGSTOP), 0);
  servers.kill_postgres();
  servers.start_postgres();
  EXPECT_EQ(ask(url, "SELECT 7"), "7");
}

}  // namespace
}  // namespace sluice::testing
