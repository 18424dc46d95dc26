#include "services/transform/core/report_owner.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "services/transform/core/test_bench.h"

namespace sluice::transform::testing {
namespace {

class ReportOwner : public ::testing::Test {
 protected:
  ReportOwner() : bench_(visits(2)) {}

  void make_rows() {
    const std::string value = visit("a", "p", 2, "1.5", "EUR", "2017-01-01");
    bench_.send("a", &value, "1-000000000001:0:2");
    for (std::int32_t p = 0; p < 2; ++p) run(*bench_.stage1(p));
    for (std::int32_t p = 0; p < 2; ++p) run(*bench_.stage2(p));
  }
  void check(const Dataset& dataset) { check_reports_are_its_own(bench_.log, bench_.topics, dataset); }

  TestBench bench_;

 private:
  void run(Task& task) {
    Position position = task.start().front();
    while (bench_.feed(task, position, 1000)) {
    }
    task.commit();
  }
};

TEST_F(ReportOwner, ADatasetGoesOnWithItsOwnRows) {
  EXPECT_NO_THROW(check(*bench_.dataset)) << "none yet";
  make_rows();
  EXPECT_NO_THROW(check(*bench_.dataset));
}

TEST_F(ReportOwner, AnotherDatasetWithAReportOfTheSameNameIsRefused) {
  make_rows();
  Dataset other = *bench_.dataset;
  other.name = "visits_b";
  bench_.log.create_topic(bench_.topics.state(other.name), other.partitions);
  EXPECT_THROW(check(other), Unsafe);
  for (ReportSpec& report : other.reports) {
    report.name += "_b";
    bench_.log.create_topic(bench_.topics.rows(report.name), other.partitions);
  }
  EXPECT_NO_THROW(check(other));
}

}  // namespace
}  // namespace sluice::transform::testing
