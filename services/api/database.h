#pragma once
// Postgres for one request: one connection of the pool, one transaction, a bound on the time. A
// reader has a snapshot: what the loader writes meanwhile is not seen by half.

#include <functional>
#include <string>

#include "common/adapters/postgres/connection.h"
#include "common/adapters/postgres/pool.h"
#include "services/api/core/table_query.h"

namespace sluice::api {

class Database {
 public:
  explicit Database(postgres::Pool& pool) : pool_(pool) {}

  // Runs `read` in one REPEATABLE READ READ ONLY transaction; texts come in UTC and ISO. Blocks for
  // at most about 15 s. Throws ConnectionLost, or SqlError (57014: the time is over).
  void snapshot(const std::function<void(postgres::Connection&)>& read);

  // Runs `write` in one transaction, else the same.
  void change(const std::function<void(postgres::Connection&)>& write);

  // An empty string if the database answers, else why not. Blocks for at most about 5 s.
  std::string probe();

 private:
  void transaction(const char* mode, const std::function<void(postgres::Connection&)>& work);

  postgres::Pool& pool_;
};

// Whether the error says that a table or its schema does not exist: the loader has not made it yet.
bool is_missing_table(const postgres::SqlError& error);

// A result's row in the form answers show.
Row shown_row(const TableSpec& table, const postgres::Rows& rows, int row);

}  // namespace sluice::api
