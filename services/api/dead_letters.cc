#include "services/api/dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/model/retried_letter.h"
#include "services/api/core/column_value.h"
#include "services/api/core/dead_letters.h"
#include "services/api/core/row_writer.h"

namespace sluice::api {
namespace {

using http::Request;
using http::Response;

// A row has at most kMaxRetriedRow bytes: so many at a time are held.
constexpr int kLettersAtOnce = 16;

Response bad_request(const std::string& why) { return http::problem(400, "Bad request", why); }

Response ok(std::string body) {
  Response out;
  out.body = std::move(body);
  return out;
}

// Empty if the loader has not made the table yet.
void read_if_there(Database& database, const std::function<void(postgres::Connection&)>& read) {
  try {
    database.snapshot(read);
  } catch (const postgres::SqlError& error) {
    if (!is_missing_table(error)) throw;
  }
}

tl::expected<bool, Response> is_dry_run(const Request& request) {
  bool dry_run = false;
  for (const auto& [name, value] : request.query) {
    if (name != "dry_run" || (value != "true" && value != "false")) {
      return tl::unexpected(bad_request("A retry takes dry_run (true or false) in its query."));
    }
    dry_run = value == "true";
  }
  return dry_run;
}

LetterCounts counted(postgres::Connection& connection, const LetterFilter& filter) {
  const Statement statement = count_letters(filter);
  const postgres::Rows rows = connection.run(statement.sql, statement.parameters);
  const auto number = [&](int column) { return static_cast<std::uint64_t>(rows.integer(0, column)); };
  return {number(0), number(1), number(2), number(3)};
}

// The letters as lines, a few at a time, through a cursor.
class LetterLines {
 public:
  LetterLines(postgres::Connection& connection, const LetterFilter& filter) : connection_(connection) {
    const Statement statement = select_retried(filter);
    connection_.run("DECLARE retried NO SCROLL CURSOR FOR " + statement.sql, statement.parameters);
  }

  std::size_t read(std::span<char> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
      if (at_ == lines_.size() && !fetch()) break;
      const std::size_t size = std::min(into.size() - filled, lines_.size() - at_);
      std::memcpy(into.data() + filled, lines_.data() + at_, size);
      filled += size;
      at_ += size;
    }
    return filled;
  }

 private:
  bool fetch() {
    lines_.clear();
    at_ = 0;
    const postgres::Rows rows = connection_.run(fmt::format("FETCH {} FROM retried", kLettersAtOnce));
    for (int i = 0; i < rows.size(); ++i) {
      DeadLetter letter;
      letter.id = rows.text(i, 0);
      letter.file_name = rows.text(i, 1);
      letter.context = rows.text(i, 2);
      letter.row = rows.text(i, 3);
      letter.first_failed_ms = rows.integer(i, 4);
      lines_ += retried_letter_line(letter);
    }
    return rows.size() > 0;
  }

  postgres::Connection& connection_;
  std::string lines_;
  std::size_t at_ = 0;
};

}  // namespace

Response list_letter_groups(Database& database, const Request& request) {
  const auto statement = select_groups(request.query);
  if (!statement) return bad_request(statement.error().message);
  std::string list;
  read_if_there(database, [&](postgres::Connection& connection) {
    const postgres::Rows rows = connection.run(statement->sql, statement->parameters);
    const auto text = [&](int row, int column) {
      return rows.is_null(row, column) ? std::string("null") : json_string(rows.text(row, column));
    };
    const auto time = [&](int row, int column) {
      return rows.is_null(row, column) ? "null" : json_string(shown(ColumnType::kTimestamp, rows.text(row, column)));
    };
    for (int i = 0; i < rows.size(); ++i) {
      list += fmt::format(
          "{}{{\"dataset\":{},\"rule\":{},\"column\":{},\"letters\":{},\"open\":{},\"retriable\":{},\"first_at\":{},"
          "\"last_at\":{},\"example\":{{\"id\":{},\"reason\":{}}}}}",
          list.empty() ? "" : ",", text(i, 0), text(i, 1), text(i, 2), rows.text(i, 3), rows.text(i, 4),
          rows.text(i, 5), time(i, 6), time(i, 7), text(i, 8), text(i, 9));
    }
  });
  return ok("{\"groups\":[" + list + "]}\n");
}

Response get_letter(Database& database, const Request& request) {
  std::string found;
  read_if_there(database, [&](postgres::Connection& connection) {
    const Statement statement = select_letter(request.captures[0]);
    const postgres::Rows rows = connection.run(statement.sql, statement.parameters);
    if (rows.size() == 0) return;
    const TableSpec& table = dead_letters_table();
    const Row row = shown_row(table, rows, 0);
    RowWriter writer(Format::kJson, table.columns);
    writer.row(row);
    const auto of = [&](std::string_view name) {
      const auto at = std::ranges::find(table.columns, name, &TableColumn::name) - table.columns.begin();
      return row[static_cast<std::size_t>(at)].value_or("");
    };
    found = letter_json(writer.take(), rows.text(0, static_cast<int>(table.columns.size())), of("row"), of("column"));
  });
  if (found.empty()) {
    return http::problem(404, "No such dead letter", "There is no dead letter with this id; /v1/dead-letters lists them.");
  }
  return ok(std::move(found));
}

Response retry_letters(Database& database, const IngestClient& ingest, const Request& request) {
  const auto dry_run = is_dry_run(request);
  if (!dry_run) return dry_run.error();
  const auto filter = read_letter_filter(request.body, false);
  if (!filter) return bad_request(filter.error().message);
  Response out = ok(retry_json({}, {}));
  read_if_there(database, [&](postgres::Connection& connection) {
    const LetterCounts counts = counted(connection, *filter);
    if (*dry_run || counts.retriable == 0) {
      out = ok(retry_json(counts, {}));
      return;
    }
    LetterLines lines(connection, *filter);
    out = ingest.retry(request, filter->dataset, [&](std::span<char> into) -> Result<std::size_t> {
      return lines.read(into);
    });
    if (out.status != 202) return;
    while (!out.body.empty() && out.body.back() == '\n') out.body.pop_back();
    out.body = retry_json(counts, out.body);
  });
  return out;
}

Response discard_letters(Database& database, const Request& request) {
  if (!request.query.empty()) return bad_request("A discard takes nothing in its query.");
  const auto filter = read_letter_filter(request.body, true);
  if (!filter) return bad_request(filter.error().message);
  std::int64_t discarded = 0;
  database.change([&](postgres::Connection& connection) {
    const Statement statement = discard_letters(*filter, request.principal);
    discarded = connection.run(statement.sql, statement.parameters).integer(0, 0);
  });
  Response out = ok(fmt::format("{{\"discarded\":{}}}\n", discarded));
  out.headers.emplace_back("Sluice-Result", fmt::format("{} dead letters of {}", discarded, filter->dataset));
  return out;
}

}  // namespace sluice::api
