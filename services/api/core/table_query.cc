#include "services/api/core/table_query.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "services/api/core/column_value.h"
#include "services/api/core/cursor.h"

namespace sluice::api {
namespace {

struct OpName {
  std::string_view name;
  FilterOp op;
};
constexpr std::array<OpName, 9> kOps = {{{"eq", FilterOp::kEq},
                                         {"ne", FilterOp::kNe},
                                         {"gt", FilterOp::kGt},
                                         {"gte", FilterOp::kGte},
                                         {"lt", FilterOp::kLt},
                                         {"lte", FilterOp::kLte},
                                         {"in", FilterOp::kIn},
                                         {"prefix", FilterOp::kPrefix},
                                         {"null", FilterOp::kNull}}};

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string column_names(const TableSpec& table) {
  std::string out;
  for (const TableColumn& column : table.columns) out += (out.empty() ? "" : ", ") + column.name;
  return out;
}

Result<std::size_t> find_column(const TableSpec& table, std::string_view name) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].name == name) return i;
  }
  return fail("There is no column " + quoted(name) + ". The columns are " + column_names(table) +
              ".");
}

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    out.emplace_back(text.substr(0, comma));
    if (comma == text.size()) return out;
    text.remove_prefix(comma + 1);
  }
}

// The values of a list: between commas, where a backslash takes the comma or the backslash behind it as it is.
Result<std::vector<std::string>> split_list(std::string_view text) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      out.emplace_back();
    } else if (text[i] != '\\') {
      out.back() += text[i];
    } else if (i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '\\')) {
      out.back() += text[++i];
    } else {
      return fail("In a list a backslash stands before a comma that belongs to a value, or before another "
                  "backslash: write \\\\ for one.");
    }
  }
  return out;
}

Result<FilterOp> find_op(std::string_view name) {
  std::string accepted;
  for (const OpName& op : kOps) {
    if (op.name == name) return op.op;
    accepted.append(accepted.empty() ? "" : ", ").append(op.name);
  }
  return fail("There is no comparison " + quoted(name) + ". There are " + accepted + ".");
}

std::string why_not_one_of(const TableColumn& column, const std::string& value) {
  if (std::ranges::find(column.one_of, value) != column.one_of.end()) return {};
  std::string known;
  for (const std::string_view each : column.one_of) known.append(known.empty() ? "" : ", ").append(each);
  return "There is no " + column.name + " " + quoted(value) + ". There are " + known + ".";
}

// "month[gte]" and its value.
Result<Filter> parse_filter(const TableSpec& table, std::string_view name,
                            const std::string& value) {
  Filter out;
  std::string_view column_name = name;
  if (const std::size_t bracket = name.find('[');
      bracket != std::string_view::npos && name.ends_with(']')) {
    column_name = name.substr(0, bracket);
    const auto op = find_op(name.substr(bracket + 1, name.size() - bracket - 2));
    if (!op) return fail(op.error().message);
    out.op = *op;
  }
  const auto column = find_column(table, column_name);
  if (!column) return fail(column.error().message);
  out.column = *column;
  const TableColumn& spec = table.columns[out.column];
  if (out.op == FilterOp::kPrefix && spec.type != ColumnType::kString) {
    return fail("[prefix] is for texts; " + spec.name + " is " + std::string(type_name(spec.type)) +
                ".");
  }
  if (out.op == FilterOp::kIn) {
    auto values = split_list(value);
    if (!values) return fail(spec.name + "[in]: " + values.error().message);
    out.values = *std::move(values);
  } else {
    out.values = {value};
  }
  if (out.values.size() > kMaxListValues) {
    return fail(spec.name + "[in] has more than " + std::to_string(kMaxListValues) + " values.");
  }
  const bool compares_values = out.op == FilterOp::kEq || out.op == FilterOp::kNe || out.op == FilterOp::kIn;
  if (compares_values && !spec.one_of.empty()) {
    for (const std::string& each : out.values) {
      if (auto why = why_not_one_of(spec, each); !why.empty()) return fail(std::move(why));
    }
  }
  const ColumnType type = out.op == FilterOp::kNull ? ColumnType::kBoolean : spec.type;
  for (const std::string& each : out.values) {
    if (!is_value(type, each)) {
      return fail(quoted(each) + " does not fit " + quoted(name) + ", which takes " +
                  std::string(example_of(type)) + ".");
    }
  }
  return out;
}

bool is_ordered_by(const std::vector<OrderTerm>& order, std::size_t column) {
  return std::any_of(order.begin(), order.end(),
                     [&](const OrderTerm& term) { return term.column == column; });
}

// With the key at its end an order is total: without that, rows that are equal in it could be
// skipped or repeated between two pages.
std::vector<OrderTerm> completed(const TableSpec& table, std::vector<OrderTerm> order) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].in_key && !is_ordered_by(order, i)) order.push_back({i, false});
  }
  return order;
}

Result<std::vector<OrderTerm>> parse_order(const TableSpec& table, std::string_view text) {
  std::vector<OrderTerm> out;
  for (const std::string& part : split_commas(text)) {
    const bool descending = part.starts_with('-');
    const auto column = find_column(table, std::string_view(part).substr(descending ? 1 : 0));
    if (!column) return fail(column.error().message);
    if (!table.columns[*column].ordered) {
      return fail("Rows cannot be ordered by " + quoted(table.columns[*column].name) + ".");
    }
    if (is_ordered_by(out, *column)) return fail(quoted(part) + " stands twice in order.");
    out.push_back({*column, descending});
  }
  return completed(table, std::move(out));
}

Result<int> parse_limit(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > kMaxLimit) {
    return fail("limit is a number from 1 to " + std::to_string(kMaxLimit) + ", not " +
                quoted(text) + ".");
  }
  return value;
}

Result<Row> parse_cursor(const TableSpec& table, const std::vector<OrderTerm>& order,
                         std::string_view text) {
  auto cursor = decode_cursor(text);
  if (!cursor || order.empty()) return fail("The cursor is not one that this server gave.");
  if (cursor->table != table.table || cursor->order != describe_order(table, order) ||
      cursor->values.size() != order.size()) {
    return fail("The cursor belongs to another report or order; ask again without it.");
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const TableColumn& column = table.columns[order[i].column];
    const bool fits =
        cursor->values[i] ? is_value(column.type, *cursor->values[i]) : !column.in_key;
    if (!fits) return fail("The cursor is not one that this server gave.");
  }
  return std::move(cursor->values);
}

// The four parameters that are not filters; each at most once.
struct Directives {
  std::optional<std::string> order, limit, cursor, format;
  std::optional<std::string>* find(std::string_view name) {
    if (name == "order") return &order;
    if (name == "limit") return &limit;
    if (name == "cursor") return &cursor;
    if (name == "format") return &format;
    return nullptr;
  }
};

// --- SQL ---

std::string_view sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::kString:
      return "text";
    case ColumnType::kInteger:
      return "bigint";
    case ColumnType::kDecimal:
      return "numeric";
    case ColumnType::kBoolean:
      return "boolean";
    case ColumnType::kDate:
      return "date";
    case ColumnType::kTimestamp:
      return "timestamptz";
  }
  return "text";
}

std::string sql_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

// Texts are compared by bytes, whatever the database's locale: the same order everywhere.
std::string ordered_name(const TableColumn& column) {
  return sql_name(column.name) + (column.type == ColumnType::kString ? " COLLATE \"C\"" : "");
}

class SqlBuilder {
 public:
  explicit SqlBuilder(const TableSpec& table) : table_(table) {
    statement_.sql = "SELECT " + names() + " FROM " + sql_name(table.schema) + "." + sql_name(table.table);
  }

  std::string parameter(const std::optional<std::string>& value, std::string_view type) {
    statement_.parameters.push_back(value);
    return "$" + std::to_string(statement_.parameters.size()) + "::" + std::string(type);
  }

  void where(const std::string& condition) {
    statement_.sql += (has_where_ ? " AND " : " WHERE ") + condition;
    has_where_ = true;
  }

  void filter(const Filter& filter) {
    const TableColumn& column = table_.columns[filter.column];
    const std::string name = sql_name(column.name);
    const auto value = [&] { return parameter(filter.values[0], sql_type(column.type)); };
    switch (filter.op) {
      case FilterOp::kEq:
        return where(name + " = " + value());
      case FilterOp::kNe:
        return where(name + " IS DISTINCT FROM " + value());
      case FilterOp::kGt:
        return where(ordered_name(column) + " > " + value());
      case FilterOp::kGte:
        return where(ordered_name(column) + " >= " + value());
      case FilterOp::kLt:
        return where(ordered_name(column) + " < " + value());
      case FilterOp::kLte:
        return where(ordered_name(column) + " <= " + value());
      case FilterOp::kPrefix:
        return where("starts_with(" + name + ", " + value() + ")");
      case FilterOp::kNull:
        return where(name + (filter.values[0] == "true" ? " IS NULL" : " IS NOT NULL"));
      case FilterOp::kIn:
        break;
    }
    std::string list;
    for (const std::string& each : filter.values) {
      list += (list.empty() ? "" : ", ") + parameter(each, sql_type(column.type));
    }
    where(name + " IN (" + list + ")");
  }

  // Rows behind `after`. Null sorts as greater than every value, as Postgres does by default.
  void keyset(const std::vector<OrderTerm>& order, const Row& after) {
    const bool one_way = std::all_of(order.begin(), order.end(), [&](const OrderTerm& term) {
      return table_.columns[term.column].in_key && term.descending == order.front().descending;
    });
    // One row comparison can use the primary key's index; the nested form below can not.
    where(one_way ? row_comparison(order, after) : "(" + behind(order, after, 0) + ")");
  }

  void order_by(const std::vector<OrderTerm>& order) { statement_.sql += order_list(order); }

  // Of the rows so far, those that begin before so many bytes of texts. A text's length is known without it,
  // so that none is fetched only to be left out.
  void bound_bytes(const std::vector<OrderTerm>& order, int bytes) {
    std::string size;
    for (const TableColumn& column : table_.columns) {
      if (column.type != ColumnType::kString) continue;
      size += (size.empty() ? "" : " + ") + ("coalesce(octet_length(" + sql_name(column.name) + "), 0)");
    }
    if (size.empty()) size = "0";
    statement_.sql = "SELECT " + names() + ", \"_rows\" FROM (SELECT " + names() +
                     ", count(*) OVER () AS \"_rows\", sum((" + size + ")::bigint) OVER (" + order_list(order) +
                     " ROWS UNBOUNDED PRECEDING) - (" + size + ") AS \"_before\" FROM (" + statement_.sql +
                     ") AS page) AS page WHERE \"_before\" < " + std::to_string(bytes) + order_list(order);
  }

  void limit(int rows) { statement_.sql += " LIMIT " + parameter(std::to_string(rows), "bigint"); }
  Statement take() { return std::move(statement_); }

 private:
  std::string names() const {
    std::string out;
    for (const TableColumn& column : table_.columns) out += (out.empty() ? "" : ", ") + sql_name(column.name);
    return out;
  }

  std::string order_list(const std::vector<OrderTerm>& order) const {
    std::string list;
    for (const OrderTerm& term : order) {
      list += (list.empty() ? " ORDER BY " : ", ") + ordered_name(table_.columns[term.column]) +
              (term.descending ? " DESC" : "");
    }
    return list;
  }

  std::string row_comparison(const std::vector<OrderTerm>& order, const Row& after) {
    std::string names, values;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const TableColumn& column = table_.columns[order[i].column];
      names += (i == 0 ? "" : ", ") + ordered_name(column);
      values += (i == 0 ? "" : ", ") + parameter(after[i], sql_type(column.type));
    }
    return "(" + names + ")" + (order.front().descending ? " < " : " > ") + "(" + values + ")";
  }

  // "behind in this column, or equal in it and behind in the rest".
  std::string behind(const std::vector<OrderTerm>& order, const Row& after, std::size_t at) {
    const TableColumn& column = table_.columns[order[at].column];
    const std::string name = ordered_name(column);
    std::string strictly, equal;
    if (!after[at]) {
      strictly = order[at].descending ? name + " IS NOT NULL" : "false";
      equal = name + " IS NULL";
    } else {
      const std::string value = parameter(after[at], sql_type(column.type));
      strictly = name + (order[at].descending ? " < " : " > ") + value;
      if (!order[at].descending && !column.in_key) strictly += " OR " + name + " IS NULL";
      equal = name + " = " + value;
    }
    if (at + 1 == order.size()) return strictly;
    return strictly + " OR (" + equal + " AND (" + behind(order, after, at + 1) + "))";
  }

  const TableSpec& table_;
  Statement statement_;
  bool has_where_ = false;
};

}  // namespace

Result<TableQuery> parse_table_query(
    const TableSpec& table, const std::vector<std::pair<std::string, std::string>>& query,
    int limit_unless_given) {
  TableQuery out;
  out.limit = limit_unless_given;
  Directives directives;
  for (const auto& [name, value] : query) {
    if (auto* directive = directives.find(name)) {
      if (directive->has_value()) return fail(quoted(name) + " is given twice.");
      *directive = value;
      continue;
    }
    auto filter = parse_filter(table, name, value);
    if (!filter) return fail(filter.error().message);
    if (out.filters.size() == kMaxFilters) return fail("There are more than 50 filters.");
    out.filters.push_back(std::move(*filter));
  }
  out.order = completed(table, table.default_order);
  if (directives.order) {
    auto order = parse_order(table, *directives.order);
    if (!order) return fail(order.error().message);
    out.order = std::move(*order);
  }
  if (directives.limit) {
    const auto limit = parse_limit(*directives.limit);
    if (!limit) return fail(limit.error().message);
    out.limit = *limit;
  }
  if (directives.cursor) {
    auto after = parse_cursor(table, out.order, *directives.cursor);
    if (!after) return fail(after.error().message);
    out.after = std::move(*after);
  }
  return out;
}

Statement select_page(const TableSpec& table, const TableQuery& query) {
  SqlBuilder builder(table);
  for (const Filter& filter : query.filters) builder.filter(filter);
  if (query.after) builder.keyset(query.order, *query.after);
  builder.order_by(query.order);
  builder.limit(query.limit + 1);
  builder.bound_bytes(query.order, kPageBytes);
  return builder.take();
}

Statement select_one(const TableSpec& table, const std::string& key) {
  SqlBuilder builder(table);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].in_key) builder.filter({i, FilterOp::kEq, {key}});
  }
  return builder.take();
}

std::string cursor_after(const TableSpec& table, const TableQuery& query, const Row& last_row) {
  Cursor cursor{table.table, describe_order(table, query.order), {}};
  for (const OrderTerm& term : query.order) cursor.values.push_back(last_row[term.column]);
  return encode(cursor);
}

std::string describe_order(const TableSpec& table, const std::vector<OrderTerm>& order) {
  std::string out;
  for (const OrderTerm& term : order) {
    out += (out.empty() ? "" : ",") + std::string(term.descending ? "-" : "") +
           table.columns[term.column].name;
  }
  return out;
}

}  // namespace sluice::api
