// The adapter on a real PostgreSQL: what an error is, and what the pool does with connections that broke.
#include <gmock/gmock.h>

#include "common/adapters/postgres/connection.h"
#include "common/adapters/postgres/pool.h"
#include "tests/support/environment.h"

namespace sluice::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Parameters = std::vector<std::optional<std::string>>;
using Clock = std::chrono::steady_clock;

const std::string& database() {
  static const std::string url = sluice::testing::fresh_database();
  return url;
}

std::string sqlstate_of(Connection& connection, const std::string& sql) {
  try {
    connection.run(sql);
  } catch (const SqlError& error) {
    return error.sqlstate;
  }
  return "no error";
}

// Ends the connection from the server's side.
void terminate(Connection& connection) {
  const Rows pid = connection.run("SELECT pg_backend_pid()");
  Connection(database()).run("SELECT pg_terminate_backend($1::int)",
                             Parameters{std::string(pid.text(0, 0))});
}

Clock::time_point soon() { return Clock::now() + std::chrono::seconds(5); }

TEST(PostgresConnection, ValuesGoInAndOutUnchanged) {
  Connection connection(database(), "adapter's test");
  const Rows rows = connection.run("SELECT $1::text AS a, $2::bigint AS \"b c\", $3::text",
                                   Parameters{"it's \\ \"so\"", "-7", std::nullopt});
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows.text(0, 0), "it's \\ \"so\"");
  EXPECT_EQ(rows.integer(0, 1), -7);
  EXPECT_TRUE(rows.is_null(0, 2));
  EXPECT_EQ(rows.name(1), "b c");
  EXPECT_EQ(connection.run("SHOW application_name").text(0, 0), "adapter's test");
  EXPECT_THROW(rows.integer(0, 0), TaskBroken);
}

TEST(PostgresConnection, AnErrorOfSqlHasItsStateAndTheConnectionStands) {
  Connection connection(database());
  EXPECT_EQ(sqlstate_of(connection, "SELECT 'x'::bigint"), "22P02");
  EXPECT_EQ(sqlstate_of(connection, "SELECT * FROM nowhere"), "42P01");
  EXPECT_TRUE(connection.idle());
}

TEST(PostgresConnection, ACommitOfAFailedTransactionIsAnError) {
  Connection connection(database());
  connection.begin();
  EXPECT_EQ(sqlstate_of(connection, "SELECT 1 / 0"), "22012");
  EXPECT_FALSE(connection.idle());
  EXPECT_THROW(connection.commit(), SqlError);
  EXPECT_TRUE(connection.idle());
}

TEST(PostgresConnection, ABrokenConnectionIsInDoubtOnlyAtACommit) {
  for (const bool committing : {false, true}) {
    Connection connection(database());
    terminate(connection);
    try {
      committing ? connection.commit() : connection.begin();
      FAIL() << "not lost";
    } catch (const ConnectionLost& error) {
      EXPECT_EQ(error.in_doubt, committing);
    }
    EXPECT_FALSE(connection.alive());
  }
}

TEST(PostgresConnection, RowsAreCopiedInAndOutWhole) {
  Connection connection(database());
  connection.run("CREATE TEMPORARY TABLE t (a text, b text)");
  std::string row;
  append_copy_text(row, "tab\t back\\ line\n return\r end");
  row.append("\t\\N\n");
  std::string rows;
  for (int i = 0; i < 50'000; ++i) rows += row;
  connection.copy_in("COPY t FROM STDIN", rows);
  EXPECT_EQ(connection.run("SELECT a FROM t LIMIT 1").text(0, 0),
            "tab\t back\\ line\n return\r end");
  std::string out;
  connection.copy_out("COPY t TO STDOUT", [&](std::string_view piece) { out.append(piece); });
  EXPECT_EQ(out, rows);
}

TEST(PostgresConnection, ACopyThatFailsOrIsAbandonedLeavesTheConnectionUsable) {
  Connection connection(database());
  connection.run("CREATE TEMPORARY TABLE t (a bigint)");
  EXPECT_THROW(connection.copy_in("COPY t FROM STDIN", "1\nx\n"), SqlError);
  EXPECT_THROW(connection.copy_out("COPY (SELECT generate_series(1, 1000000)) TO STDOUT",
                                   [](std::string_view) { throw std::runtime_error("disk full"); }),
               std::runtime_error);
  EXPECT_EQ(connection.run("SELECT count(*) FROM t").integer(0, 0), 0);
}

TEST(PostgresConnection, APasswordIsInNoMessage) {
  for (const char* url : {"postgresql://me:secret@127.0.0.1:1/none", "postgresql://me:secret@[::1",
                          "postgresql://me:secret@127.0.0.1:notaport/x"}) {
    try {
      Connection connection{url};
      FAIL() << url;
    } catch (const ConnectionLost& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("secret"))) << url;
      EXPECT_FALSE(error.in_doubt);
    }
  }
}

TEST(PostgresPool, ConnectionsAreUsedAgain) {
  Pool pool(database(), 2);
  const std::string first(pool.checkout(soon())->run("SELECT pg_backend_pid()").text(0, 0));
  EXPECT_EQ(pool.checkout(soon())->run("SELECT pg_backend_pid()").text(0, 0), first);
}

TEST(PostgresPool, WaitsForAFreeConnectionUntilTheDeadline) {
  Pool pool(database(), 1);
  {
    const auto lease = pool.checkout(soon());
    EXPECT_THROW(pool.checkout(Clock::now()), ConnectionLost);
  }
  EXPECT_NO_THROW(pool.checkout(Clock::now()));
}

TEST(PostgresPool, ConnectionsThatBrokeAreReplaced) {
  Pool pool(database(), 1);
  {
    auto lease = pool.checkout(soon());
    terminate(*lease);
    EXPECT_THROW(lease->run("SELECT 1"), ConnectionLost);
  }
  EXPECT_EQ(pool.checkout(soon())->run("SELECT 1").integer(0, 0), 1);
  pool.checkout(soon())->begin();  // given back inside a transaction
  EXPECT_TRUE(pool.checkout(soon())->idle());
}

TEST(PostgresPool, ADatabaseThatIsAwayTakesNoPlace) {
  Pool pool("postgresql://me@127.0.0.1:1/none", 1);
  for (int i = 0; i < 3; ++i) EXPECT_THROW(pool.checkout(soon()), ConnectionLost);
}

}  // namespace
}  // namespace sluice::postgres
