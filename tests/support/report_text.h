#pragma once
// The bookings report as users read it: the text of a CSV file and of REST's JSON, back to an oracle's report.

#include <string>

#include "tests/support/bookings.h"

namespace sluice::testing {

// Both are exact: an amount is read from its digits. What is no report gives an empty one.
Report report_from_csv(const std::string& text);
Report report_from_json(const std::string& text);  // GET /v1/reports/...

}  // namespace sluice::testing
