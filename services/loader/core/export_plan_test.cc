#include "services/loader/core/export_plan.h"

#include <gmock/gmock.h>

#include "services/loader/core/csv_select.h"
#include "services/loader/core/test_definition.h"

namespace sluice::loader {
namespace {

using ::testing::HasSubstr;

Instant at(const char* text) { return *parse_iso_instant(text); }

ReportSpec exported_report() {
  ReportSpec report = testing::visits()->reports[0];
  report.exported = ExportSpec{false, "", "monthly", CsvSink{"now.csv", {}, '|'}, true, 3600};
  return report;
}

TEST(ExportPlan, ASnapshotIsNamedByItsSecondAndNeverAsOneBefore) {
  EXPECT_EQ(snapshot_time(at("2021-01-23T10:15:00.9Z"), std::nullopt), at("2021-01-23T10:15:00Z"));
  EXPECT_EQ(snapshot_time(at("2021-01-23T10:15:01Z"), at("2021-01-23T10:15:00Z")),
            at("2021-01-23T10:15:01Z"));
  EXPECT_EQ(snapshot_time(at("2021-01-23T10:15:00.9Z"), at("2021-01-23T10:15:00Z")),
            at("2021-01-23T10:15:01Z"));
  EXPECT_EQ(snapshot_time(at("2021-01-23T09:00:00Z"), at("2021-01-23T10:15:00Z")),
            at("2021-01-23T10:15:01Z"))
      << "the clock was put back";
}

TEST(ExportPlan, FilesLieInCurrentAndInPartitionsByDateAndTime) {
  const ReportSpec report = exported_report();
  EXPECT_EQ(current_path(report), "current/now.csv");
  EXPECT_EQ(hist_path(report, "a1", at("2021-01-03T09:05:07Z")),
            "hist/year=2021/month=01/day=03/time=090507/monthly-a1.parquet");
  EXPECT_TRUE(is_export_of(report, "now.csv"));
  EXPECT_TRUE(is_export_of(report, "monthly-a1.parquet"));
  EXPECT_FALSE(is_export_of(report, "monthly_total-a1.parquet")) << "another report's";
  EXPECT_FALSE(is_export_of(report, "then.csv"));
}

TEST(ExportPlan, ASlotIsDueOnceAndMissedOnesAreOne) {
  const Instant slot = at("2021-01-23T10:00:00Z");
  EXPECT_EQ(due_slot(3600, at("2021-01-23T10:15:00Z"), std::nullopt), slot);
  EXPECT_EQ(due_slot(3600, at("2021-01-23T10:15:00Z"), at("2021-01-20T10:00:00Z")), slot);
  EXPECT_EQ(due_slot(3600, at("2021-01-23T10:59:59.999999Z"), slot), std::nullopt);
  EXPECT_EQ(due_slot(3600, at("2021-01-23T11:00:00Z"), slot), at("2021-01-23T11:00:00Z"));
  EXPECT_EQ(due_slot(3600, at("2021-01-23T09:30:00Z"), slot), std::nullopt)
      << "the clock was put back";
  EXPECT_EQ(due_slot(3600, at("1969-12-31T23:30:00Z"), std::nullopt), at("1969-12-31T23:00:00Z"));
  EXPECT_EQ(due_slot(0, at("2021-01-23T10:15:00Z"), std::nullopt), std::nullopt)
      << "only on request";
}

TEST(ExportPlan, AFailedAttemptIsRepeatedAfterLongerAndLongerPausesAFewTimes) {
  std::chrono::seconds all{0};
  for (int attempt = 1; attempt < kExportAttempts; ++attempt) {
    ASSERT_TRUE(pause_after(attempt));
    all += *pause_after(attempt);
  }
  EXPECT_EQ(all, std::chrono::seconds(1 + 2 + 4 + 8));
  EXPECT_EQ(pause_after(kExportAttempts), std::nullopt);
}

TEST(ExportPlan, ParquetIsReadTypedAndByTheKey) {
  const ReportSpec report = exported_report();
  EXPECT_EQ(shape_select(report),
            "SELECT count(*), GREATEST(12, COALESCE(max(min_scale(t.\"amount\")), 0)) "
            "FROM \"public\".\"monthly\" AS t");
  EXPECT_EQ(parquet_select(report),
            "SELECT t.\"place\", t.\"visits\", trim_scale(t.\"amount\"), t.\"month\", t.\"open\", "
            "t.\"first_day\" - DATE '1970-01-01', "
            "(extract(epoch FROM t.\"last_at\") * 1000000)::bigint "
            "FROM \"public\".\"monthly\" AS t ORDER BY t.\"place\", t.\"month\"");
}

TEST(ExportPlan, CsvIsInTheDialectOfTheDefinition) {
  const ReportSpec report = exported_report();
  EXPECT_THAT(csv_copy(report, *report.exported->current),
              HasSubstr("(FORMAT csv, HEADER true, DELIMITER '|', QUOTE '\"')"));
  EXPECT_THAT(csv_copy(report, CsvSink{"x.csv", {}, '\t', '\'', false}),
              HasSubstr("(FORMAT csv, HEADER false, DELIMITER E'\\t', QUOTE '''')"));
}

}  // namespace
}  // namespace sluice::loader
