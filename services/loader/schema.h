#pragma once
// Makes the loader's tables or brings them to what they must be. Every statement runs under one
// lock of the database, so that loaders that start together do not meet half-made tables.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/adapters/postgres/connection.h"
#include "services/loader/core/table_plan.h"

namespace sluice::loader {

// Schema _sluice with the product's own tables, and the given tables, in one transaction. A table
// that someone dropped is made and loaded anew. Unsafe if a table is there and cannot become what
// it must be, or was made by a newer Sluice.
void prepare_tables(postgres::Connection& connection, const std::vector<TablePlan>& tables);

// The tables of a generation of the dataset's pipeline: the reports' own, if it is the live one, or while it is built
// others beside them. TaskBroken if it is neither any more.
void prepare_generation(postgres::Connection& connection, const std::string& dataset, int generation,
                        std::vector<TablePlan> tables);
// One transaction under the lock of those above.
void under_schema_lock(postgres::Connection& connection, const std::function<void()>& work);

// Forgets the deletions of report rows that are older than a day, so that the table of them stays
// as small as a day's. Returns how many.
//
// A tombstone keeps an older version of the row from coming back while messages are read again.
// Without it the row would come back for as long as it takes to read on to its deletion, which is
// still in the topic behind it, or is compacted away together with every version before it. A row
// that is made anew has a greater revision than its tombstone in any case: revisions are numbers of
// stage 2's transactions.
std::uint64_t purge_tombstones(postgres::Connection& connection);
// Forgets what is known of exports, and of replays, that ended and are older than a month.
std::uint64_t purge_exports(postgres::Connection& connection);

// What a loader's session sets, so that a frozen loader cannot hold its locks for ever.
void prepare_session(postgres::Connection& connection);

}  // namespace sluice::loader
