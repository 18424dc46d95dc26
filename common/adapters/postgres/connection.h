#pragma once
// PostgreSQL through libpq, thinly: one connection, RAII results, typed errors. libpq rather than
// libpqxx 6.4 because that one silently reconnects between transactions (temp tables, SET and locks
// vanish) and pastes COPY names unquoted; see docs/decisions/. One thread uses one connection.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/sql_text.h"

namespace sluice::postgres {

// The statement failed; the connection is still usable (after ROLLBACK). `sqlstate` has five letters.
class SqlError : public TaskBroken {
 public:
  SqlError(const std::string& message, std::string state)
      : TaskBroken(message), sqlstate(std::move(state)) {}
  std::string sqlstate;
};

// The server cannot be reached or the connection broke. If it broke during COMMIT, `in_doubt` is true:
// the transaction may or may not have happened; reconnect and read what is there.
class ConnectionLost : public TaskBroken {
 public:
  ConnectionLost(const std::string& message, bool unknown)
      : TaskBroken(message), in_doubt(unknown) {}
  bool in_doubt;
};

class Rows {
 public:
  int size() const;
  int columns() const;
  std::string_view text(int row, int column) const;  // empty for null
  bool is_null(int row, int column) const;
  std::int64_t integer(int row, int column) const;
  std::string_view name(int column) const;
  std::uint32_t type_oid(int column) const;
  std::int64_t affected() const;

 private:
  friend class Connection;
  std::shared_ptr<void> result_;
};

class Connection {
 public:
  // Connects within 5 s or throws ConnectionLost. Never logs the URL's password.
  explicit Connection(const std::string& url, std::string_view application_name = "sluice");
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Values are always parameters ($1, $2 …), text format; nullopt is NULL.
  Rows run(const std::string& sql, std::span<const std::optional<std::string>> parameters = {});
  void begin(std::string_view mode = "");  // e.g. "ISOLATION LEVEL REPEATABLE READ READ ONLY"
  void commit();
  void rollback() noexcept;

  // COPY … FROM STDIN: text rows as COPY's text format wants them ('\t' between, '\n' after).
  void copy_in(const std::string& copy_sql, std::string_view rows);
  // COPY … TO STDOUT: calls each with pieces of the output.
  void copy_out(const std::string& copy_sql, const std::function<void(std::string_view)>& each);

  // Whether the connection still stands, as far as this side knows without asking.
  bool alive() const;
  // Alive and outside any transaction.
  bool idle() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

using sluice::append_copy_text;
using sluice::quote_name;

}  // namespace sluice::postgres
