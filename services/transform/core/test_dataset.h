#pragma once
// A small dataset for the tests of this folder, made by hand so that they need no parser.

#include <memory>

#include "common/definition/definition.h"

namespace sluice::transform::testing {

// visits: id (key), place, guests (may be null), amount + amount_currency, day (event time). Reports:
// `monthly` by place and month: visits, guests, amount, currency; `places` by place: visits, guests.
inline std::shared_ptr<Dataset> visits(std::int32_t partitions = 2) {
  auto dataset = std::make_shared<Dataset>();
  dataset->name = "visits";
  dataset->path = "schemas/visits.yaml";
  dataset->fingerprint = "f1";
  dataset->partitions = partitions;
  dataset->columns = {{"id", ColumnType::kString, false},
                      {"place", ColumnType::kString, false},
                      {"guests", ColumnType::kInteger, true},
                      {"amount", ColumnType::kDecimal, false, 0, true},
                      {"amount_currency", ColumnType::kString, false},
                      {"day", ColumnType::kDate, false}};
  dataset->key = {0};
  dataset->event_time = 5;

  ReportSpec monthly;
  monthly.name = "monthly";
  monthly.group_by = {1};
  monthly.window = WindowSpec{{}, "month", "%Y_%m"};
  monthly.measures = {{"visits", MeasureKind::kCount, 0},
                      {"guests", MeasureKind::kSum, 2},
                      {"amount", MeasureKind::kSum, 3}};
  monthly.columns = {
      {"place", ReportColumnKind::kGroup, ColumnType::kString, 1, true, 0, std::nullopt},
      {"month", ReportColumnKind::kWindow, ColumnType::kString, 0, true, 0, std::nullopt},
      {"visits", ReportColumnKind::kMeasure, ColumnType::kInteger, 0, false, 0, std::nullopt},
      {"guests", ReportColumnKind::kMeasure, ColumnType::kDecimal, 1, false, 0, std::nullopt},
      {"amount", ReportColumnKind::kMeasure, ColumnType::kDecimal, 2, false, 0, 5},
      {"currency", ReportColumnKind::kGroup, ColumnType::kString, 4, true, 0, std::nullopt}};

  ReportSpec places;
  places.name = "places";
  places.group_by = {1};
  places.measures = {{"visits", MeasureKind::kCount, 0}, {"guests", MeasureKind::kSum, 2}};
  places.columns = {
      {"place", ReportColumnKind::kGroup, ColumnType::kString, 1, true, 0, std::nullopt},
      {"visits", ReportColumnKind::kMeasure, ColumnType::kInteger, 0, false, 0, std::nullopt},
      {"guests", ReportColumnKind::kMeasure, ColumnType::kDecimal, 1, false, 0, std::nullopt}};
  dataset->reports = {monthly, places};
  return dataset;
}

}  // namespace sluice::transform::testing
