#include "services/api/database.h"

#include <chrono>

#include "services/api/core/column_value.h"

namespace sluice::api {
namespace {

constexpr auto kWaitForConnection = std::chrono::seconds(5);
constexpr auto kReadOnly = "ISOLATION LEVEL REPEATABLE READ READ ONLY";
// For this transaction only: the connection goes back to the pool as it came.
constexpr auto kSettings =
    "SELECT set_config('statement_timeout', '10s', true), set_config('TimeZone', 'UTC', true), "
    "set_config('DateStyle', 'ISO, YMD', true)";

}  // namespace

void Database::snapshot(const std::function<void(postgres::Connection&)>& read) {
  transaction(kReadOnly, read);
}

void Database::change(const std::function<void(postgres::Connection&)>& write) {
  transaction("READ WRITE", write);
}

void Database::transaction(const char* mode,
                           const std::function<void(postgres::Connection&)>& work) {
  auto connection = pool_.checkout(std::chrono::steady_clock::now() + kWaitForConnection);
  connection->begin(mode);
  try {
    connection->run(kSettings);
    work(*connection);
    connection->commit();
  } catch (...) {
    connection->rollback();
    throw;
  }
}

std::string Database::probe() {
  try {
    auto connection = pool_.checkout(std::chrono::steady_clock::now() + kWaitForConnection);
    connection->run("SELECT 1");
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

bool is_missing_table(const postgres::SqlError& error) {
  return error.sqlstate == "42P01" || error.sqlstate == "3F000";
}

Row shown_row(const TableSpec& table, const postgres::Rows& rows, int row) {
  Row out(table.columns.size());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const int column = static_cast<int>(i);
    if (!rows.is_null(row, column)) out[i] = shown(table.columns[i].type, rows.text(row, column));
  }
  return out;
}

}  // namespace sluice::api
