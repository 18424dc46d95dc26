#pragma once
// One value of a column, as text: from a client's query, and from Postgres' text form to ours.

#include <string>
#include <string_view>

#include "common/model/cell.h"

namespace sluice::api {

// Whether `text` is a value of this type, in the form answers show it.
bool is_value(ColumnType type, std::string_view text);

// Postgres' text form (time zone UTC, ISO dates) in the form answers show: timestamps
// 2017-01-31T10:00:00Z, booleans true and false; numbers and texts are left as they are, so that a
// decimal keeps every digit.
std::string shown(ColumnType type, std::string_view postgres_text);

// "2017-01-31T10:00:00Z", "12.50", "France": what a value of the type looks like, for messages.
std::string_view example_of(ColumnType type);

}  // namespace sluice::api
