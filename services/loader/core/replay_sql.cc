#include "services/loader/core/replay_sql.h"

#include <algorithm>

#include "common/base/sql_text.h"

namespace sluice::loader {
namespace {

const TableColumn* find(const TablePlan& table, const std::string& name) {
  const auto found = std::ranges::find(table.columns, name, &TableColumn::name);
  return found == table.columns.end() ? nullptr : &*found;
}

bool is_own(const TableColumn& column) { return column.name.starts_with('_'); }

std::string same_key(const TablePlan& table) {
  std::string out;
  for (const std::string& name : table.key()) {
    out += (out.empty() ? "" : " AND ") + ("l." + quote_name(name)) + " = n." + quote_name(name);
  }
  return out;
}

// Columns outside the key that both have: "ROW(l.a, l.b)".
std::string compared(const TablePlan& live, const TablePlan& next, const std::string& prefix) {
  std::string out;
  for (const TableColumn& column : live.columns) {
    if (column.in_key || is_own(column) || find(next, column.name) == nullptr) continue;
    out += (out.empty() ? "" : ", ") + prefix + quote_name(column.name);
  }
  return "ROW(" + out + ")";
}

std::string differ(const TablePlan& live, const TablePlan& next) {
  const std::string of_live = compared(live, next, "l.");
  if (of_live == "ROW()") return "false";
  return "(" + of_live + " IS DISTINCT FROM " + compared(live, next, "n.") + ")";
}

std::string absent(const TablePlan& table, const std::string& prefix) {
  // A key column is never null, so a null is a row that is not there.
  return prefix + quote_name(table.key().front()) + " IS NULL";
}

std::string column_list(const TablePlan& table, const std::string& prefix = "") {
  std::string out;
  for (const TableColumn& column : table.columns) {
    out += (out.empty() ? "" : ", ") + prefix + quote_name(column.name);
  }
  return out;
}

}  // namespace

Shapes compare_shapes(const TablePlan& live, const TablePlan& next) {
  if (live.key() != next.key()) return Shapes::kOther;
  for (const std::string& name : live.key()) {
    if (find(live, name)->type != find(next, name)->type) return Shapes::kOther;
  }
  bool same = live.columns.size() == next.columns.size();
  for (const TableColumn& column : live.columns) {
    const TableColumn* other = find(next, column.name);
    if (other != nullptr && other->type != column.type) return Shapes::kOther;
    same = same && other != nullptr;
  }
  // In another order they are other columns for whoever asks for all of them.
  for (std::size_t i = 0; same && i < live.columns.size(); ++i) {
    same = live.columns[i].name == next.columns[i].name;
  }
  return same ? Shapes::kSame : Shapes::kSameKey;
}

std::vector<std::string> columns_only_of(const TablePlan& table, const TablePlan& other) {
  std::vector<std::string> out;
  for (const TableColumn& column : table.columns) {
    const TableColumn* found = find(other, column.name);
    if (found == nullptr || found->type != column.type) out.push_back(column.name);
  }
  return out;
}

std::string difference_select(const TablePlan& live, const TablePlan& next) {
  const std::string added = absent(live, "l."), removed = absent(next, "n.");
  std::string order;
  for (const std::string& name : live.key()) {
    order += ", COALESCE(l." + quote_name(name) + ", n." + quote_name(name) + ")";
  }
  const std::string source = " FROM " + live.qualified() + " AS l FULL JOIN " + next.qualified() + " AS n ON " +
                             same_key(live) + " WHERE " + added + " OR " + removed + " OR " + differ(live, next);
  const std::string kind = "CASE WHEN " + added + " THEN 'added' WHEN " + removed + " THEN 'removed' ELSE 'changed' END";
  return "WITH differences AS MATERIALIZED (SELECT " + kind + " AS change, row_number() OVER (PARTITION BY " + kind +
         " ORDER BY 1" + order + ") AS number, CASE WHEN NOT (" + added + ") THEN to_jsonb(l) - '_revision' END AS "
         "before, CASE WHEN NOT (" + removed + ") THEN to_jsonb(n) - '_revision' END AS after" + source +
         ") SELECT (SELECT count(*) FROM " + live.qualified() + "), (SELECT count(*) FROM " + next.qualified() +
         "), count(*) FILTER (WHERE change = 'added'), count(*) FILTER (WHERE change = 'removed'), "
         "count(*) FILTER (WHERE change = 'changed'), COALESCE((SELECT jsonb_agg(jsonb_build_object('change', change, "
         "'before', before, 'after', after) ORDER BY change, number) FROM differences WHERE number <= " +
         std::to_string(kShownDifferences) + "), '[]')::text FROM differences";
}

std::string counts_select(const TablePlan& live, const TablePlan& next) {
  return "SELECT (SELECT count(*) FROM " + live.qualified() + "), (SELECT count(*) FROM " + next.qualified() + ")";
}

std::vector<std::string> mend_statements(const TablePlan& live, const TablePlan& next) {
  std::string sets;
  for (const TableColumn& column : live.columns) {
    if (column.in_key) continue;
    sets += (sets.empty() ? "" : ", ") + quote_name(column.name) + " = EXCLUDED." + quote_name(column.name);
  }
  std::string keys;
  for (const std::string& name : live.key()) keys += (keys.empty() ? "" : ", ") + quote_name(name);
  return {"DELETE FROM " + live.qualified() + " AS l WHERE NOT EXISTS (SELECT FROM " + next.qualified() +
              " AS n WHERE " + same_key(live) + ")",
          "INSERT INTO " + live.qualified() + " (" + column_list(live) + ") SELECT " + column_list(live, "n.") +
              " FROM " + next.qualified() + " AS n LEFT JOIN " + live.qualified() + " AS l ON " + same_key(live) +
              " WHERE " + absent(live, "l.") + " OR " + differ(live, next) + " ON CONFLICT (" + keys +
              ") DO UPDATE SET " + sets,
          "DROP TABLE " + next.qualified()};
}

std::vector<std::string> replace_statements(const TablePlan& live, const TablePlan& next) {
  return {"DROP TABLE IF EXISTS " + live.qualified(), place_statement(live, next)};
}

std::string place_statement(const TablePlan& report, const TablePlan& next) {
  return "ALTER TABLE " + next.qualified() + " SET SCHEMA " + quote_name(report.schema);
}

}  // namespace sluice::loader
