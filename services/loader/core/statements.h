#pragma once
// The SQL that loads a batch into a target's table. Rows are copied into a temporary table of the
// session and go on from there in one statement; the position changes in the same transaction.

#include <string>

#include "services/loader/core/target.h"

namespace sluice::loader {

struct LoadStatements {
  std::string create_staging;  // temporary tables of the session, emptied by each COMMIT
  std::string create_gone;
  std::string copy_staging;  // rows: the table's columns in order
  // Keys to delete: key columns, message key, revision known to be gone. Dead letters: id, the retry that settled it.
  std::string copy_gone;
  std::string upsert;        // affects only rows that are new or later than what is there
  // Of dead letters it settles them, and runs behind the upsert.
  std::string remove;        // answers one number: the rows that were there; rows: $1 is the report
};

LoadStatements statements_for(const Target& target);

// {"a","b"}: a text[] as a parameter.
std::string text_array(const std::vector<std::string_view>& values);

// Whether an error with this SQLSTATE is about the rows, not about the server: class 22 (data),
// class 23 (constraints) and 54000 (a key too long for an index).
bool is_data_error(std::string_view sqlstate);

}  // namespace sluice::loader
