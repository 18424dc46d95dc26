// What a client asks of the api: filters, order, limit and cursor, formats, ETags. A line is a target, the next an
// Accept header, the rest a cursor.

#include <nlohmann/json.hpp>

#include "common/adapters/http/request_text.h"
#include "services/api/core/column_value.h"
#include "services/api/core/cursor.h"
#include "services/api/core/negotiation.h"
#include "services/api/core/row_writer.h"
#include "services/api/core/table_query.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;
using namespace sluice::api;

namespace {

// Every parameter of the statement is asked for, and no client's text stands in it.
void check_statement(const Statement& statement) {
  for (std::size_t i = 1; i <= statement.parameters.size(); ++i) {
    LAW("each parameter is used", statement.sql.find("$" + std::to_string(i)) != std::string::npos);
  }
  LAW("no parameter is missing",
      statement.sql.find("$" + std::to_string(statement.parameters.size() + 1)) == std::string::npos);
  for (const auto& value : statement.parameters) {
    LAW("Postgres takes every parameter", !value || value->find('\0') == std::string::npos);
  }
  for (const char c : statement.sql) LAW("a statement is of our own words", c >= 0x20 && c < 0x7f && c != ';');
}

void check_table(const TableSpec& table, const std::vector<std::pair<std::string, std::string>>& query) {
  const auto parsed = parse_table_query(table, query);
  if (!parsed) {
    LAW("a refusal says why", !parsed.error().message.empty());
    return;
  }
  LAW("a page has a bound", parsed->limit >= 1 && parsed->limit <= kMaxLimit);
  LAW("a question has a bound", parsed->filters.size() <= static_cast<std::size_t>(kMaxFilters));
  check_statement(select_page(table, *parsed));
  if (!parsed->after) return;
  // The cursor goes on in the same order.
  Row row(table.columns.size());
  for (std::size_t i = 0; i < parsed->order.size(); ++i) row[parsed->order[i].column] = (*parsed->after)[i];
  auto again = query;
  std::erase_if(again, [](const auto& pair) { return pair.first == "cursor"; });
  again.emplace_back("cursor", cursor_after(table, *parsed, row));
  const auto second = parse_table_query(table, again);
  LAW("a cursor that is given is taken", second && second->after == parsed->after && second->order == parsed->order);
}

// Any texts can be asked for by a list of them.
void check_list(const TableSpec& table, const std::vector<std::string>& values) {
  std::string written;
  for (const std::string& value : values) {
    if (&value != &values.front()) written += ',';
    for (const char c : value) written.append(c == ',' || c == '\\' ? "\\" : "").push_back(c);
  }
  const auto parsed = parse_table_query(table, {{"country[in]", written}});
  LAW("a list that is written is read back", parsed && parsed->filters.at(0).values == values);
}

const TableSpec& report() {
  static const TableSpec table{"public", "r",
                               {{"country", ColumnType::kString, true}, {"month", ColumnType::kString, true},
                                {"amount", ColumnType::kDecimal}, {"guests", ColumnType::kInteger},
                                {"day", ColumnType::kDate}, {"at", ColumnType::kTimestamp}, {"ok", ColumnType::kBoolean}},
                               {}};
  return table;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::string_view target = choices.line(), accept = choices.line(), rest = choices.rest();
  if (const auto parsed = http::parse_target(target)) {
    auto query = parsed->query;
    check_table(report(), query);
    check_table(files_table(), query);
    check_table(dead_letters_table(), query);
    // With a cursor of the right table, whose values are the fuzzer's.
    if (const auto plain = parse_table_query(report(), query); plain && !plain->after) {
      Row row(report().columns.size());
      for (auto& value : row) value = std::string(rest.substr(0, rest.find('\n')));
      query.emplace_back("cursor", cursor_after(report(), *plain, row));
      check_table(report(), query);
    }
  }
  std::vector<std::string> values(1);
  for (const char c : rest.substr(0, 200)) {
    if (c == '\n') {
      values.emplace_back();
    } else if (c != '\0') {
      values.back() += c;
    }
  }
  if (values.size() <= static_cast<std::size_t>(kMaxListValues)) check_list(report(), values);
  negotiate(accept);
  format_named(accept);
  is_known_to_client(accept, "\"e\"");
  if (const auto cursor = decode_cursor(rest)) {
    const auto again = decode_cursor(encode(*cursor));
    LAW("a cursor that is written reads back", again && again->table == cursor->table &&
                                                   again->order == cursor->order && again->values == cursor->values);
  }
  for (const auto type : {ColumnType::kString, ColumnType::kInteger, ColumnType::kDecimal, ColumnType::kBoolean,
                          ColumnType::kDate, ColumnType::kTimestamp}) {
    is_value(type, rest);
    shown(type, rest);
  }
  return 0;
}
