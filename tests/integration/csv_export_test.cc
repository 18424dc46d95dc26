// The CSV files of reports on a real PostgreSQL: written whole when the table changed, by one of several loaders.
#include "services/loader/csv_export.h"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/integration/loader_fixture.h"
#include "tests/support/eventually.h"

namespace sluice::loader {
namespace {

using ::testing::HasSubstr;

class CsvExportTest : public LoaderTest {
 protected:
  void SetUp() override {
    LoaderTest::SetUp();
    folder_ = std::filesystem::temp_directory_path() /
              ("sluice-exports-" + std::to_string(::getpid()));
    file_ = folder_ / "monthly.csv";
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  static std::string content(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

  std::filesystem::path folder_, file_;
  std::atomic<int> exports_ = 0;
  std::unique_ptr<CsvExporter> exporter() {
    auto made = std::make_unique<CsvExporter>(url_, "sluice", folder_.string(),
                                              [this](const std::string&) { ++exports_; });
    made->set_reports(dataset_->reports);
    return made;
  }
};

TEST_F(CsvExportTest, TheFileHoldsTheReportAndIsWrittenWhenItChanged) {
  const auto csv = exporter();
  csv->look();
  csv->look();
  EXPECT_EQ(exports_, 1);
  EXPECT_EQ(content(file_), "place,visits,amount,month,open,first_day,last_at\n")
      << "a report that never had a row is a file too";
  put_row("b", 1, 1);
  put_row("a, \\\"x\\\"", 2, 1);
  Owner one = owner();
  one.load();
  csv->look();
  csv->look();
  EXPECT_EQ(exports_, 2);
  EXPECT_EQ(content(file_),
            "place,visits,amount,month,open,first_day,last_at\n"
            "\"a, \"\"x\"\"\",2,1.10,2017_01,true,2017-01-31,2017-01-31T10:00:00.5Z\n"
            "b,1,1.10,2017_01,true,2017-01-31,2017-01-31T10:00:00.5Z\n");
  std::filesystem::remove(file_);
  csv->look();
  EXPECT_EQ(exports_, 3);
  put_row("b", 1, 1);
  one.load();
  csv->look();
  EXPECT_EQ(exports_, 3);
}

TEST_F(CsvExportTest, AnExporterThatRunsFollowsEachChangeOfATableWhetherItIsToldOrNot) {
  const auto csv = exporter();
  Owner one = owner();
  csv->start();
  for (int round = 1; round <= 4; ++round) {
    put_row("A", round, round);
    one.load();
    if (round % 2 == 0) csv->table_changed();
    const std::string row = fmt::format("\nA,{},", round);
    EXPECT_TRUE(sluice::testing::eventually(
        [&] { return content(file_).find(row) != std::string::npos; }))
        << round;
  }
  csv->stop();
}

TEST_F(CsvExportTest, AReportThatCannotBeWrittenKeepsNoOtherFromBeingWritten) {
  put_row("A", 1, 1);
  owner().load();
  database_->run("INSERT INTO _sluice.reports VALUES ('blocked', 1), ('tableless', 1)");
  database_->run("CREATE TABLE blocked AS SELECT * FROM monthly");
  std::filesystem::create_directories(folder_ / "blocked.csv" / "in the way");
  std::vector<ReportSpec> reports;
  for (const char* name : {"blocked", "tableless", "monthly"}) {
    reports.push_back(dataset_->reports[0]);
    reports.back().name = name;
    reports.back().csv->path = std::string(name) + ".csv";
  }
  const auto csv = exporter();
  csv->set_reports(reports);
  csv->look();
  EXPECT_THAT(csv->not_ready(), HasSubstr("the CSV file of report 'blocked' cannot be written"));
  EXPECT_THAT(content(file_), HasSubstr("\nA,1,"));
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_FALSE(entry.path().filename().string().starts_with(".")) << entry.path();
  }
}

TEST_F(CsvExportTest, AReportThatCannotBeWrittenIsTriedAgainAndNoOtherIsWrittenAnewForIt) {
  put_row("A", 1, 1);
  owner().load();
  database_->run("INSERT INTO _sluice.reports VALUES ('blocked', 1)");
  database_->run("CREATE TABLE blocked AS SELECT * FROM monthly");
  std::filesystem::create_directories(folder_ / "blocked.csv" / "in the way");
  std::vector<ReportSpec> reports(2, dataset_->reports[0]);
  reports[0].name = "blocked";
  reports[0].csv->path = "blocked.csv";
  const auto csv = exporter();
  csv->set_reports(reports);
  csv->start();
  EXPECT_TRUE(sluice::testing::eventually(
      [&] { return exports_ == 1 && !csv->not_ready().empty(); }));
  std::filesystem::remove_all(folder_ / "blocked.csv");
  EXPECT_TRUE(sluice::testing::eventually([&] { return csv->not_ready().empty(); }));
  csv->stop();
  EXPECT_THAT(content(folder_ / "blocked.csv"), HasSubstr("\nA,1,"));
  EXPECT_EQ(exports_, 2) << "each of them once";
}

TEST_F(CsvExportTest, WhatAKilledExporterLeftIsSweptByTheNext) {
  std::ofstream(folder_ / ".monthly.csv.tmp-999999999") << "half";
  std::ofstream(folder_ / "mine.csv") << "kept";
  exporter()->look();
  EXPECT_FALSE(std::filesystem::exists(folder_ / ".monthly.csv.tmp-999999999"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "mine.csv"));
}

TEST_F(CsvExportTest, OfSeveralLoadersOneWritesAndAnotherTakesOverWhereItEnds) {
  auto first = exporter();
  const auto second = exporter();
  first->look();
  second->look();
  EXPECT_EQ(exports_, 1) << "the second one leads nothing";
  put_row("A", 1, 1);
  owner().load();
  second->look();
  EXPECT_EQ(exports_, 1);
  first.reset();
  second->look();
  EXPECT_EQ(exports_, 2);
  EXPECT_THAT(content(file_), HasSubstr("\nA,1,"));
}

TEST_F(CsvExportTest, ALeaderWhoseSessionEndedWritesNothingUntilItLeadsAgain) {
  const auto first = exporter(), second = exporter();
  first->look();
  kill_loaders_connections();
  const auto look = [](CsvExporter& csv) {
    try {
      csv.look();
    } catch (const TaskBroken&) {  // it may learn only now that its session is gone
    }
  };
  EXPECT_TRUE(sluice::testing::eventually([&] {
    look(*second);
    return exports_ == 2;
  }));
  put_row("A", 1, 1);
  owner().load();
  look(*first);
  look(*first);
  EXPECT_EQ(exports_, 2);
}

TEST_F(CsvExportTest, AReaderNeverSeesAPartOfAFile) {
  Owner one = owner();
  // In each round all rows have the round's number.
  const auto load_round = [&](int round) {
    for (int i = 0; i < 500; ++i) put_row(fmt::format("p{:03}", i), round, round);
    one.load();
  };
  const auto csv = exporter();
  load_round(1);
  csv->look();
  std::atomic<bool> stop = false;
  std::atomic<int> seen = 0, torn = 0;
  std::thread reader([&] {
    while (!stop) {
      std::istringstream lines(content(file_));
      std::string line, round;
      int count = -1;  // the header
      for (; std::getline(lines, line); ++count) {
        if (count < 0) continue;
        const std::string its = line.substr(5, line.find(',', 5) - 5);
        if (round.empty()) round = its;
        if (its != round) ++torn;
      }
      if (count != 500) ++torn;
      ++seen;
    }
  });
  for (int round = 2; round <= 20; ++round) {
    load_round(round);
    csv->look();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(exports_, 20);
  EXPECT_EQ(torn, 0);
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace sluice::loader
