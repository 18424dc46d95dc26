#pragma once
// A small dataset for the loader's tests, made by hand so that they need no parser.

#include <memory>

#include "common/definition/definition.h"

namespace sluice::loader::testing {

// visits: id and day (key), guests (may be null), version. Report `monthly` by place and month,
// with a column of every type; CSV in the order of month descending.
inline std::shared_ptr<Dataset> visits() {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = "visits";
  dataset->partitions = 1;
  dataset->to_postgres = true;
  dataset->columns = {{"id", ColumnType::kString, false},
                      {"guests", ColumnType::kInteger, true},
                      {"day", ColumnType::kDate, false},
                      {"edited", ColumnType::kTimestamp, true}};
  dataset->key = {2, 0};
  dataset->version = 3;

  const auto column = [](const char* name, ColumnType type, bool in_key) {
    ReportColumn out;
    out.name = name;
    out.kind = in_key ? ReportColumnKind::kGroup : ReportColumnKind::kMeasure;
    out.type = type;
    out.in_key = in_key;
    return out;
  };
  ReportSpec monthly;
  monthly.name = "monthly";
  monthly.columns = {column("place", ColumnType::kString, true),
                     column("visits", ColumnType::kInteger, false),
                     column("amount", ColumnType::kDecimal, false),
                     column("month", ColumnType::kString, true),
                     column("open", ColumnType::kBoolean, false),
                     column("first_day", ColumnType::kDate, false),
                     column("last_at", ColumnType::kTimestamp, false)};
  monthly.csv = CsvSink{"monthly.csv", {{"month", true}}, ','};
  dataset->reports = {monthly};
  return dataset;
}

}  // namespace sluice::loader::testing
