#include "services/loader/core/statements.h"

#include <algorithm>

#include "common/base/sql_text.h"

namespace sluice::loader {
namespace {

template <typename Names, typename Text>
std::string joined(const Names& names, const std::string& between, Text text) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : between) + text(name);
  return out;
}

std::string columns_of(const TablePlan& table, const std::string& prefix = "") {
  return joined(table.columns, ", ",
                [&](const TableColumn& column) { return prefix + quote_name(column.name); });
}

std::string keys_of(const TablePlan& table) {
  return joined(table.key(), ", ", [](const std::string& name) { return quote_name(name); });
}

// A version column that may be null is older than any value when it is.
std::string version_term(const TablePlan& table, const std::string& name,
                         const std::string& prefix) {
  const auto column = std::ranges::find(table.columns, name, &TableColumn::name);
  const std::string plain = prefix + quote_name(name);
  if (column->not_null) return plain;
  const std::string least = column->type == "bigint" ? "-9223372036854775808" : "-infinity";
  return "COALESCE(" + plain + ", '" + least + "'::" + column->type + ")";
}

std::string upsert_of(const Target& target) {
  const TablePlan& table = target.table;
  const auto versions = [&](const std::string& prefix, const std::string& after) {
    return joined(target.version, ", ", [&](const std::string& name) {
      return version_term(table, name, prefix) + after;
    });
  };
  std::string sql = "INSERT INTO " + table.qualified() + " AS t (" + columns_of(table) +
                    ") SELECT DISTINCT ON (" + keys_of(table) + ") " + columns_of(table) +
                    " FROM pg_temp._staging ORDER BY " + keys_of(table);
  if (!target.version.empty()) sql += ", " + versions("", " DESC");
  sql += " ON CONFLICT (" + keys_of(table) + ") DO UPDATE SET ";
  std::string sets;
  for (const TableColumn& column : table.columns) {
    if (column.in_key) continue;
    sets += (sets.empty() ? "" : ", ") + quote_name(column.name) + " = EXCLUDED." +
            quote_name(column.name);
  }
  sql += sets;
  if (!target.version.empty()) {
    sql += " WHERE (" + versions("EXCLUDED.", "") + ") > (" + versions("t.", "") + ")";
  }
  return sql;
}

// A letter that comes again was retried in vain; what a retry or a person has settled stays settled, whatever a retry
// that was asked for earlier says of it. All messages of a letter are in one partition, so their offsets tell the later.
std::string upsert_of_letters(const Target& target) {
  const TablePlan& table = target.table;
  const std::string found = joined(table.columns, ", ", [](const TableColumn& column) -> std::string {
    if (column.name == "attempts") return "count(*) OVER (PARTITION BY id)";
    if (column.name == "created_at") return "min(created_at) OVER (PARTITION BY id)";
    return quote_name(column.name);
  });
  std::string sets;
  for (const char* name : {"dataset", "file", "file_name", "entry", "line", "column", "rule", "reason", "row", "stage",
                           "context", "retry", "_offset"}) {
    sets += quote_name(name) + " = EXCLUDED." + quote_name(name) + ", ";
  }
  return "INSERT INTO " + table.qualified() + " AS t (" + columns_of(table) + ") SELECT DISTINCT ON (id) " + found +
         " FROM pg_temp._staging ORDER BY id, _offset DESC ON CONFLICT (id) DO UPDATE SET " + sets +
         "attempts = t.attempts + EXCLUDED.attempts "
         "WHERE t.state = 'open' AND COALESCE(t._offset, -1) < EXCLUDED._offset";
}

// The row has become a record. The letter stays, for whoever asks what became of it.
std::string settle_letters(const Target& target) {
  return "WITH settled AS (UPDATE " + target.table.qualified() +
         " AS t SET state = 'retried', resolved_at = now(), resolved_by = d._key "
         "FROM pg_temp._gone AS d WHERE t.id = d.id AND t.state <> 'retried' RETURNING 1) "
         "SELECT count(*) FROM settled";
}

std::string remove_of(const Target& target) {
  const std::string match = joined(target.table.key(), " AND ", [](const std::string& name) {
    return "t." + quote_name(name) + " = d." + quote_name(name);
  });
  const std::string removal =
      "DELETE FROM " + target.table.qualified() + " AS t USING pg_temp._gone AS d WHERE " + match;
  if (target.kind != TargetKind::kRows) {
    return "WITH gone AS (" + removal + " RETURNING 1) SELECT count(*) FROM gone";
  }
  return "WITH gone AS (" + removal +
         " RETURNING d._key AS key, t._revision AS revision), "
         "kept AS (INSERT INTO _sluice.tombstones AS s (report, key, revision) "
         "SELECT $1::text, d._key, GREATEST(d._floor, g.revision) "
         "FROM pg_temp._gone AS d LEFT JOIN gone AS g ON g.key = d._key "
         "WHERE GREATEST(d._floor, g.revision) IS NOT NULL "
         "ON CONFLICT (report, key) DO UPDATE "
         "SET revision = GREATEST(s.revision, EXCLUDED.revision), deleted_at = now()) "
         "SELECT count(*) FROM gone";
}

}  // namespace

LoadStatements statements_for(const Target& target) {
  const TablePlan& table = target.table;
  const auto typed = [](const TableColumn& column) {
    return quote_name(column.name) + " " + column_type(column);
  };
  std::vector<TableColumn> keys;
  std::ranges::copy_if(table.columns, std::back_inserter(keys), &TableColumn::in_key);
  LoadStatements out;
  out.create_staging = "CREATE TEMPORARY TABLE _staging (" + joined(table.columns, ", ", typed) +
                       ") ON COMMIT DELETE ROWS";
  out.create_gone = "CREATE TEMPORARY TABLE _gone (" + joined(keys, ", ", typed) +
                    ", _key text COLLATE \"C\", _floor bigint) ON COMMIT DELETE ROWS";
  out.copy_staging = "COPY pg_temp._staging FROM STDIN";
  out.copy_gone = "COPY pg_temp._gone FROM STDIN";
  const bool letters = target.kind == TargetKind::kDeadLetters;
  out.upsert = letters ? upsert_of_letters(target) : upsert_of(target);
  out.remove = letters ? settle_letters(target) : remove_of(target);
  return out;
}

std::string text_array(const std::vector<std::string_view>& values) {
  std::string out = "{";
  for (const std::string_view value : values) {
    if (out.size() > 1) out.push_back(',');
    out.push_back('"');
    for (const char c : value) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
  }
  out.push_back('}');
  return out;
}

bool is_data_error(std::string_view sqlstate) {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate == "54000";
}

}  // namespace sluice::loader
