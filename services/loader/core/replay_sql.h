#pragma once
// The statements that compare a report with the one that was built beside it, and that make it that one. Pure.

#include <string>
#include <vector>

#include "services/loader/core/table_plan.h"

namespace sluice::loader {

// Rows of each kind that are shown whole.
inline constexpr int kShownDifferences = 200;

// How the report's table differs from that which is built: the same columns, or others with the same key, or another key.
enum class Shapes { kSame, kSameKey, kOther };
Shapes compare_shapes(const TablePlan& live, const TablePlan& next);

// Columns of one of the two alone.
std::vector<std::string> columns_only_of(const TablePlan& table, const TablePlan& other);

// One row: rows of the live table, of the next, added, removed, changed, and a JSON array of some of the differences:
// [{"change":"added|removed|changed","before":{…}|null,"after":{…}|null},…]. Of tables with one key; what both have of
// columns is compared, `_revision` is not.
std::string difference_select(const TablePlan& live, const TablePlan& next);
// One row: rows of the live table, of the next.
std::string counts_select(const TablePlan& live, const TablePlan& next);

// Of tables with the same columns: makes the live one's rows the next one's, and touches none that is the same. So
// views, grants and indexes of others stay.
std::vector<std::string> mend_statements(const TablePlan& live, const TablePlan& next);
// Of others: puts the next one's table in the place of the live one's.
std::vector<std::string> replace_statements(const TablePlan& live, const TablePlan& next);
// Of a new report. Fails where there is a table of that name, which is somebody else's.
std::string place_statement(const TablePlan& report, const TablePlan& next);

}  // namespace sluice::loader
