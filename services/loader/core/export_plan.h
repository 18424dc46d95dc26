#pragma once
// What an export is: when one is due, what its files are called, what is read for them, and how long
// a failed one goes on trying. Pure; the time is passed in.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/calendar.h"
#include "common/definition/report.h"

namespace sluice::loader {

// The time that names a snapshot in hist/: now in whole seconds, but later than every earlier one of
// the report, so that no two share a folder whatever the clock does.
Instant snapshot_time(Instant now, std::optional<Instant> last);

// Paths below the export's place.
std::string current_path(const ReportSpec& report);
// hist/year=2021/month=01/day=23/time=101500/metrics-<id>.parquet, in UTC.
std::string hist_path(const ReportSpec& report, std::string_view id, Instant taken);
// Whether a file's name (the last part of its path) is one that exports of the report write.
bool is_export_of(const ReportSpec& report, std::string_view file_name);

// Times of a schedule are the multiples of `every` since 1970. The last one up to now, if it has not
// been asked for; those that were missed meanwhile are one.
std::optional<Instant> due_slot(std::int64_t every_seconds, Instant now,
                                std::optional<Instant> last_slot);

// How long to wait after the attempt of this number, from 1, has failed; nothing: it was the last.
inline constexpr int kExportAttempts = 5;
std::optional<std::chrono::seconds> pause_after(int attempt);

// Decimals of a column of `numeric` have no common number of digits behind the point; Parquet's do.
// Each has at least this many, so that files of different days agree: sums fit, whatever the report.
inline constexpr int kParquetScale = 12;
// One row: how many rows the report has, and for each decimal column the digits that it needs.
std::string shape_select(const ReportSpec& report);
// The rows by their key, in the form of parquet_file::Writer::add.
std::string parquet_select(const ReportSpec& report);

}  // namespace sluice::loader
