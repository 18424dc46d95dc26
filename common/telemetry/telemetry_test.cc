// Logs are read by machines: every line is one JSON object, whatever goes in. Metrics likewise.
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "common/telemetry/log.h"
#include "common/telemetry/metrics.h"

namespace sluice {
namespace {

// What `body` logs, a parsed object per line.
template <typename Body>
std::vector<nlohmann::json> logged(Body body) {
  testing::internal::CaptureStderr();
  body();
  std::istringstream lines(testing::internal::GetCapturedStderr());
  std::vector<nlohmann::json> out;
  for (std::string line; std::getline(lines, line);) out.push_back(nlohmann::json::parse(line));
  return out;
}

TEST(Log, WritesOneObjectALine) {
  log::initialise("ingest", "info");
  const auto lines = logged([] {
    log::info("file done", {{"dataset", "bookings"}, {"rows", 17}, {"whole", true}, {"rate", 0.5}});
    log::error("file failed", {{"file", std::string("17-9f86d081884c")}});
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["level"], "info");
  EXPECT_EQ(lines[0]["service"], "ingest");
  EXPECT_EQ(lines[0]["msg"], "file done");
  EXPECT_EQ(lines[0]["dataset"], "bookings");
  EXPECT_EQ(lines[0]["rows"], 17);
  EXPECT_EQ(lines[0]["whole"], true);
  EXPECT_EQ(lines[0]["rate"], 0.5);
  EXPECT_EQ(lines[0]["ts"].get<std::string>().size(),
            std::string("2026-01-31T12:00:00.123Z").size());
  EXPECT_EQ(lines[1]["level"], "error");
  EXPECT_EQ(lines[1]["file"], "17-9f86d081884c");
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  log::initialise("ingest", "warning");
  const auto lines = logged([] {
    log::debug("a");
    log::info("b");
    log::warning("c");
    log::error("d");
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["msg"], "c");
  EXPECT_EQ(lines[1]["msg"], "d");
  log::initialise("ingest", "info");
}

TEST(Log, StaysJsonWhateverGoesIn) {
  log::initialise("ingest", "info");
  const auto lines = logged([] {
    log::info("quote \" backslash \\ line\nend", {{"name", "caf\xe9.csv"}});
    log::info("numbers", {{"nan", std::nan("")},
                          {"inf", std::numeric_limits<double>::infinity()},
                          {"letter", 'x'},
                          {"least", std::numeric_limits<std::int64_t>::min()}});
  });
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["msg"], "quote \" backslash \\ line\nend");
  EXPECT_EQ(lines[0]["name"], "caf\uFFFD.csv");
  EXPECT_EQ(lines[1]["nan"], "nan");
  EXPECT_EQ(lines[1]["inf"], "inf");
  EXPECT_EQ(lines[1]["letter"], "x");
  EXPECT_EQ(lines[1]["least"], std::numeric_limits<std::int64_t>::min());
}

TEST(Log, CutsLongValuesBetweenCharacters) {
  log::initialise("ingest", "info");
  std::string value(999, 'a');
  value += "€ and more";
  const auto lines = logged([&] { log::info("long", {{"value", value}}); });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["value"], std::string(999, 'a'));
}

TEST(Log, LinesOfSeveralThreadsDoNotMix) {
  log::initialise("ingest", "info");
  constexpr int kThreads = 4, kLines = 100;
  const auto lines = logged([] {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < kLines; ++i) log::info("line", {{"thread", t}, {"i", i}});
      });
    }
  });
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(kThreads * kLines));
}

// The value of a sample in the text format; NaN if it is not there.
double sample(const Metrics& metrics, const std::string& name) {
  std::istringstream lines(metrics.text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return std::nan("");
}

TEST(MetricsOfAService, SayWhatRunsAndWhatItUses) {
  const Metrics metrics("loader");
  EXPECT_EQ(sample(metrics, "sluice_build_info{service=\"loader\",version=\"0.1.0\"}"), 1);
  EXPECT_GT(sample(metrics, "process_resident_memory_bytes"), 1e6);
  EXPECT_GT(sample(metrics, "process_start_time_seconds"), 1.6e9);
  EXPECT_GT(sample(metrics, "process_open_fds"), 2);
  EXPECT_GE(sample(metrics, "process_max_fds"), sample(metrics, "process_open_fds"));
  EXPECT_GT(sample(metrics, "sluice_memory_limit_bytes"), sample(metrics, "process_resident_memory_bytes"));
  const double cpu = sample(metrics, "process_cpu_seconds_total");
  EXPECT_GE(cpu, 0);
  EXPECT_GE(sample(metrics, "process_cpu_seconds_total"), cpu);
  EXPECT_NE(metrics.text().find("# TYPE process_cpu_seconds_total counter"), std::string::npos);
}

TEST(MetricsOfAService, TheSameNameAndLabelsAreTheSameObject) {
  Metrics metrics("ingest");
  prometheus::Counter& rows = metrics.counter(metric::kRowsReadTotal, "bookings");
  rows.Increment(2);
  metrics.counter(metric::kRowsReadTotal, "bookings").Increment();
  metrics.counter(metric::kRowsReadTotal, "orders").Increment();
  EXPECT_EQ(&rows, &metrics.counter(metric::kRowsReadTotal, "bookings"));
  EXPECT_EQ(sample(metrics, "sluice_rows_read_total{dataset=\"bookings\"}"), 3);
  EXPECT_EQ(sample(metrics, "sluice_rows_read_total{dataset=\"orders\"}"), 1);
}

TEST(MetricsOfAService, HaveTheirLabelsInTheCataloguesOrder) {
  Metrics metrics("ingest");
  metrics.counter(metric::kFilesCompletedTotal, "bookings", "failed").Increment();
  EXPECT_EQ(sample(metrics, "sluice_files_completed_total{dataset=\"bookings\",outcome=\"failed\"}"), 1);
}

// Prometheus does not see an increase from nothing to 1.
TEST(MetricsOfAService, CountersStandAtZeroBeforeAnythingIsCounted) {
  Metrics metrics("ingest");
  EXPECT_EQ(sample(metrics, "sluice_s3_failures_total"), 0);
  EXPECT_EQ(sample(metrics, "sluice_transactions_total{outcome=\"failed\"}"), 0);
  const std::string failed = "sluice_files_completed_total{dataset=\"bookings\",outcome=\"failed\"}";
  EXPECT_TRUE(std::isnan(sample(metrics, failed)));
  metrics.know("dataset", "bookings");
  EXPECT_EQ(sample(metrics, failed), 0);
  EXPECT_EQ(sample(metrics, "sluice_rows_read_total{dataset=\"bookings\"}"), 0);
  metrics.counter(metric::kFilesCompletedTotal, "bookings", "failed").Increment();
  metrics.know("dataset", "bookings");
  EXPECT_EQ(sample(metrics, failed), 1);
}

TEST(MetricsOfAService, AreItsOwn) {
  Metrics metrics("loader");
  metrics.know("dataset", "bookings");
  EXPECT_EQ(metrics.text().find("sluice_s3_failures_total"), std::string::npos);
  EXPECT_EQ(metrics.text().find("sluice_rows_read_total"), std::string::npos);
}

TEST(MetricsOfAService, TellTheDisksOfItsFolders) {
  Metrics metrics("loader");
  metrics.watch_disk("out", testing::TempDir());
  metrics.watch_disk("state", testing::TempDir() + "/nowhere");
  const double free = sample(metrics, "sluice_disk_free_bytes{place=\"out\"}");
  EXPECT_GT(free, 0);
  EXPECT_GE(sample(metrics, "sluice_disk_size_bytes{place=\"out\"}"), free);
  EXPECT_EQ(sample(metrics, "sluice_disk_size_bytes{place=\"state\"}"), 0);
}

TEST(MetricsOfAService, CountWhatIsLoggedAsWrongAlsoBelowTheLevel) {
  Metrics metrics("loader");
  const std::string warnings = "sluice_log_messages_total{level=\"warning\"}";
  const std::string errors = "sluice_log_messages_total{level=\"error\"}";
  const double before = sample(metrics, warnings), errors_before = sample(metrics, errors);
  log::initialise("loader", "error");
  logged([] {
    log::warning("below");
    log::error("above");
    log::info("neither");
  });
  log::initialise("ingest", "info");
  EXPECT_EQ(sample(metrics, warnings), before + 1);
  EXPECT_EQ(sample(metrics, errors), errors_before + 1);
}

TEST(MetricsOfAService, LatenciesFallInBucketsOfSeconds) {
  Metrics metrics("loader");
  prometheus::Histogram& seconds = metrics.seconds(metric::kLoadBatchDurationSeconds, "bookings");
  seconds.Observe(0.003);
  seconds.Observe(45);
  seconds.Observe(120);
  EXPECT_EQ(sample(metrics, "sluice_load_batch_duration_seconds_bucket{table=\"bookings\",le=\"0.0025\"}"), 0);
  EXPECT_EQ(sample(metrics, "sluice_load_batch_duration_seconds_bucket{table=\"bookings\",le=\"0.005\"}"), 1);
  EXPECT_EQ(sample(metrics, "sluice_load_batch_duration_seconds_bucket{table=\"bookings\",le=\"60\"}"), 2);
  EXPECT_EQ(sample(metrics, "sluice_load_batch_duration_seconds_count{table=\"bookings\"}"), 3);
}

}  // namespace
}  // namespace sluice
