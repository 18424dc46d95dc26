#pragma once
// What a request asks of a table, from its query string: filters, order, limit and cursor, checked
// against the table's columns. Then as SQL, in which every value of the client's is a parameter.
//
//   country=France            month[gte]=2017_01     guests[in]=2,3,4    (and)
//   restaurant_name[prefix]=A amount[null]=true      order=-amount,month
//   restaurant_name[in]=Rossi\, Rome,Ran   (two names: a backslash takes a comma or a backslash as it is)
//   limit=500 (at most 10,000)                       cursor=<the answer's `next`>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "services/api/core/table_spec.h"

namespace sluice::api {

inline constexpr int kDefaultLimit = 100;
inline constexpr int kMaxLimit = 10'000;
inline constexpr int kMaxFilters = 50;
// Of the texts of a page: the row that begins before that is its last, however many were asked for.
inline constexpr int kPageBytes = 16 << 20;
inline constexpr int kMaxListValues = 200;

enum class FilterOp { kEq, kNe, kGt, kGte, kLt, kLte, kIn, kPrefix, kNull };

struct Filter {
  std::size_t column = 0;
  FilterOp op = FilterOp::kEq;
  std::vector<std::string> values;  // one, or kIn's list; kNull: "true" or "false"
};

using Row = std::vector<std::optional<std::string>>;

struct TableQuery {
  std::vector<Filter> filters;
  std::vector<OrderTerm> order;  // complete: no two rows are equal in it
  int limit = kDefaultLimit;
  std::optional<Row> after;  // the values of `order` in the last row of the page before
};

// An error is a sentence for the client (400) that names what is accepted. `format` is passed over.
// `limit_unless_given`: rows where the client does not say how many.
Result<TableQuery> parse_table_query(const TableSpec& table,
                                     const std::vector<std::pair<std::string, std::string>>& query,
                                     int limit_unless_given = kDefaultLimit);

struct Statement {
  std::string sql;
  Row parameters;  // $1, $2 …
};

// Selects the table's columns, at most limit + 1 rows and kPageBytes; and, behind them, how many rows there
// would be without the bound in bytes. More than are shown: there is a next page.
Statement select_page(const TableSpec& table, const TableQuery& query);

// The row whose only key column has this value.
Statement select_one(const TableSpec& table, const std::string& key);

// The cursor behind a row (all columns, in the form the answer shows them). Opaque to clients:
// base64url of {"t":table,"o":order,"v":values}.
std::string cursor_after(const TableSpec& table, const TableQuery& query, const Row& last_row);

// "-amount,month": the order as a client writes it.
std::string describe_order(const TableSpec& table, const std::vector<OrderTerm>& order);

}  // namespace sluice::api
