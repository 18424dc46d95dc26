#pragma once
// What a report's CSV file holds, as SQL, and where it may lie. Pure.

#include <string>

#include "common/base/error.h"
#include "services/loader/core/table_plan.h"

namespace sluice::loader {

// COPY (…) TO STDOUT of the report's columns in order, without the product's own: in the sink's
// dialect and order, then by the key, so that equal tables give equal bytes. The session's time zone
// does not matter.
std::string csv_copy(const ReportSpec& report, const CsvSink& sink);

// The sink's path as one below the folder for exports; fails if it leads out of it.
Result<std::string> export_path(const std::string& path);

}  // namespace sluice::loader
