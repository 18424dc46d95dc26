#include "common/adapters/postgres/connection.h"

#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <cstdlib>

namespace sluice::postgres {
namespace {

constexpr std::size_t kCopyChunk = 1 << 20;

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

Result owned(PGresult* result) { return {result, &PQclear}; }

std::string trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

const PGresult* of(const std::shared_ptr<void>& result) {
  return static_cast<const PGresult*>(result.get());
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

struct Connection::Impl {
  PGconn* connection = nullptr;

  ~Impl() { PQfinish(connection); }

  bool broken() const { return PQstatus(connection) != CONNECTION_OK; }

  [[noreturn]] void lost(bool in_doubt) const {
    const std::string why = trimmed(PQerrorMessage(connection));
    throw ConnectionLost("the connection to the database broke: " +
                             (why.empty() ? "no reason given" : why),
                         in_doubt);
  }

  // Returns the result if it has the wanted status, else throws what it stands for.
  Result checked(PGresult* raw, bool committing = false) {
    Result result = owned(raw);
    if (broken() || !result) lost(committing);
    switch (PQresultStatus(result.get())) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_COPY_IN:
      case PGRES_COPY_OUT:
        return result;
      default:
        break;
    }
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    // Only the primary message: details may show whole rows.
    const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    throw SqlError(message == nullptr ? trimmed(PQresultErrorMessage(result.get()))
                                      : std::string(message),
                   state == nullptr ? "XX000" : state);
  }

  // Reads the results that follow a COPY; throws the first error among them.
  void finish_copy() {
    std::exception_ptr first;
    while (PGresult* next = PQgetResult(connection)) {
      if (first) {
        PQclear(next);
        continue;
      }
      try {
        checked(next);
      } catch (...) {
        first = std::current_exception();
      }
    }
    if (first) std::rethrow_exception(first);
    if (broken()) lost(false);
  }

  // Ends a COPY nobody wants to read on.
  void abandon_copy() noexcept {
    if (PGcancel* cancel = PQgetCancel(connection)) {
      std::array<char, 256> reason{};
      PQcancel(cancel, reason.data(), static_cast<int>(reason.size()));
      PQfreeCancel(cancel);
    }
    char* piece = nullptr;
    while (PQgetCopyData(connection, &piece, 0) > 0) PQfreemem(piece);
    while (PGresult* next = PQgetResult(connection)) PQclear(next);
  }
};

Connection::Connection(const std::string& url, std::string_view application_name)
    : impl_(std::make_unique<Impl>()) {
  // libpq's own complaint about a malformed URL quotes it, password and all.
  char* complaint = nullptr;
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &complaint);
  PQfreemem(complaint);
  if (options == nullptr) {
    throw ConnectionLost("the database URL cannot be read; it looks like "
                         "postgresql://user@host:5432/database", false);
  }
  PQconninfoFree(options);
  const std::string name(application_name);
  // What stands before dbname are defaults that the URL may overrule.
  const std::array keywords = {"connect_timeout",  "keepalives",      "keepalives_idle",
                               "keepalives_interval", "keepalives_count", "tcp_user_timeout",
                               "application_name", "client_encoding", "dbname",
                               static_cast<const char*>(nullptr)};
  const std::array values = {"5",          "1",    "10",        "5",
                             "3",          "30000", name.c_str(), "UTF8",
                             url.c_str(), static_cast<const char*>(nullptr)};
  impl_->connection = PQconnectdbParams(keywords.data(), values.data(), 1);
  if (impl_->connection == nullptr || impl_->broken()) {
    throw ConnectionLost("the database cannot be reached: " +
                             trimmed(PQerrorMessage(impl_->connection)),
                         false);
  }
  PQsetNoticeReceiver(impl_->connection, &ignore_notice, nullptr);
}

Connection::~Connection() = default;

Rows Connection::run(const std::string& sql,
                     std::span<const std::optional<std::string>> parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
  }
  Result result = impl_->checked(PQexecParams(impl_->connection, sql.c_str(),
                                              static_cast<int>(values.size()), nullptr,
                                              values.data(), nullptr, nullptr, 0));
  Rows rows;
  rows.result_ = std::shared_ptr<void>(result.release(),
                                       [](void* raw) { PQclear(static_cast<PGresult*>(raw)); });
  return rows;
}

void Connection::begin(std::string_view mode) {
  impl_->checked(PQexec(impl_->connection, ("BEGIN " + std::string(mode)).c_str()));
}

void Connection::commit() {
  const Result result = impl_->checked(PQexec(impl_->connection, "COMMIT"), true);
  // Postgres answers COMMIT of a failed transaction with a polite ROLLBACK.
  if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
    throw SqlError("the transaction had failed and was rolled back", "25P02");
  }
}

void Connection::rollback() noexcept {
  if (impl_->broken()) return;
  PQclear(PQexec(impl_->connection, "ROLLBACK"));
}

void Connection::copy_in(const std::string& copy_sql, std::string_view rows) {
  impl_->checked(PQexec(impl_->connection, copy_sql.c_str()));
  while (!rows.empty()) {
    const std::string_view piece = rows.substr(0, kCopyChunk);
    if (PQputCopyData(impl_->connection, piece.data(), static_cast<int>(piece.size())) != 1) break;
    rows.remove_prefix(piece.size());
  }
  // An error of the server shows in the results; a connection that broke shows there too.
  PQputCopyEnd(impl_->connection, rows.empty() ? nullptr : "the rows could not all be sent");
  impl_->finish_copy();
}

void Connection::copy_out(const std::string& copy_sql,
                          const std::function<void(std::string_view)>& each) {
  impl_->checked(PQexec(impl_->connection, copy_sql.c_str()));
  for (;;) {
    char* piece = nullptr;
    const int size = PQgetCopyData(impl_->connection, &piece, 0);
    if (size <= 0) break;
    const std::unique_ptr<char, decltype(&PQfreemem)> owner(piece, &PQfreemem);
    try {
      each(std::string_view(piece, static_cast<std::size_t>(size)));
    } catch (...) {
      impl_->abandon_copy();
      throw;
    }
  }
  impl_->finish_copy();
}

bool Connection::alive() const {
  // Reads what the server may have said meanwhile: also that it has closed the connection.
  return PQconsumeInput(impl_->connection) == 1 && !impl_->broken();
}

bool Connection::idle() const {
  return alive() && PQtransactionStatus(impl_->connection) == PQTRANS_IDLE;
}

int Rows::size() const { return PQntuples(of(result_)); }
int Rows::columns() const { return PQnfields(of(result_)); }

std::string_view Rows::text(int row, int column) const {
  return {PQgetvalue(of(result_), row, column),
          static_cast<std::size_t>(PQgetlength(of(result_), row, column))};
}

bool Rows::is_null(int row, int column) const {
  return PQgetisnull(of(result_), row, column) == 1;
}

std::int64_t Rows::integer(int row, int column) const {
  const std::string_view digits = text(row, column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw TaskBroken("the database answered with something that is no integer in column '" +
                     std::string(name(column)) + "'");
  }
  return value;
}

std::string_view Rows::name(int column) const {
  const char* found = PQfname(of(result_), column);
  return found == nullptr ? std::string_view() : std::string_view(found);
}

std::uint32_t Rows::type_oid(int column) const { return PQftype(of(result_), column); }

std::int64_t Rows::affected() const {
  const char* digits = PQcmdTuples(const_cast<PGresult*>(of(result_)));
  return std::strtoll(digits, nullptr, 10);
}

}  // namespace sluice::postgres
