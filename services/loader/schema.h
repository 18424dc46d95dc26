#pragma once
// Makes the loader's tables or brings them to what they must be. Every statement runs under one lock of
// the database, so that loaders that start together do not meet half-made tables.

#include <string>
#include <vector>

#include "common/adapters/postgres/connection.h"
#include "services/loader/core/table_plan.h"

namespace sluice::loader {

// Schema _sluice with the product's own tables, and the given tables, in one transaction. Unsafe if a table
// is there and cannot become what it must be, or was made by a newer Sluice.
void prepare_tables(postgres::Connection& connection, const std::vector<TablePlan>& tables);

// What a loader's session sets, so that a frozen loader cannot hold its locks for ever.
void prepare_session(postgres::Connection& connection);

}  // namespace sluice::loader
