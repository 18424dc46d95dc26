// Every dataset that ships, as a user gets it: its definition from schemas/, messy files in the folder, every
// report over REST. What must come out is said by tests/oracle, which shares no code with the product.
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

namespace fs = std::filesystem;

const std::string kSource = SLUICE_SOURCE_FOLDER;

struct ReportOf {
  const char* dataset;
  const char* report;
};
constexpr ReportOf kReports[] = {
    {"bookings", "monthly_restaurants_report"}, {"bookings", "bookings_by_country"},
    {"bookings", "bookings_by_calendar_month"}, {"bookings", "monthly_amount_per_guest"},
    {"orders", "orders_monthly"},               {"orders", "orders_weekly"},
    {"orders", "days_between_orders_weekly"},   {"orders", "baskets_by_customer_type_monthly"},
    {"baskets", "basket_sizes"},                {"baskets", "basket_items"},
    {"baskets", "basket_pairs"},                {"consent_events", "metrics"},
    {"track_events", "events_by_weather"},      {"movies", "movie_report"},
    {"movies", "movie_returns"},                {"movies", "top_genres"},
    {"movies", "top_production_companies"}};
// The dataset that it looks up.
const std::map<std::string, std::string> kOthers = {{"track_events", "weather"}, {"movies", "wiki_pages"}};

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Told {
  int status = 0;
  std::string text;
};
// What a script of tests/oracle prints.
Told run(const std::string& script, const std::vector<std::string>& arguments) {
  std::string command = "python3 '" + kSource + "/tests/oracle/" + script + "'";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  Told told;
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) told.text.append(buffer, got);
  told.status = WEXITSTATUS(::pclose(pipe));
  return told;
}

class Datasets : public ::testing::Test {
 protected:
  struct File {
    std::string dataset, path;  // below generated()
  };

  Datasets() {
    for (const auto& entry : fs::directory_iterator(kSource + "/schemas")) {
      if (entry.path().extension() != ".yaml") continue;
      stack.write_definition(entry.path().filename().string(), content_of(entry.path()));
    }
  }
  std::string generated() const { return stack.home() + "/generated"; }

  std::vector<File> generate(int rows) {
    const Told told = run("generate.py", {generated(), std::to_string(seed), std::to_string(rows)});
    EXPECT_EQ(told.status, 0) << told.text;
    std::istringstream lines(told.text);
    std::vector<File> files;
    for (File file; lines >> file.dataset >> file.path;) files.push_back(file);
    return files;
  }
  void drop(const File& file) { stack.drop(file.path, content_of(generated() + "/" + file.path)); }

  // In the order in which they were discovered, which decides whose version of a record is the later.
  std::map<std::string, std::vector<std::string>> paths_by_dataset(std::vector<File> files) const {
    const auto receipts = stack.receipts();
    const auto place = [&](const File& file) {
      return std::stoull(receipts.at(fs::path(file.path).filename().string()).id);
    };
    std::ranges::sort(files, {}, place);
    std::map<std::string, std::vector<std::string>> out;
    for (const File& file : files) out[file.dataset].push_back(generated() + "/" + file.path);
    return out;
  }

  void expect_receipts(std::size_t files) {
    ASSERT_TRUE(eventually([&] { return stack.all_settled(files); }, std::chrono::seconds(120)))
        << stack.receipts().size() << " files of " << files << "\n" << stack.log("ingest");
    for (const auto& [name, receipt] : stack.receipts()) {
      EXPECT_EQ(receipt.state, "done") << name << ": " << receipt.error;
      EXPECT_TRUE(receipt.balances()) << name;
    }
  }

  // Empty, or how the report is not the oracle's.
  std::string fault_of(const ReportOf& report, const std::map<std::string, std::vector<std::string>>& paths) {
    const auto answer = stack.get("api", std::string("/v1/reports/") + report.report + "?limit=10000",
                                  {{"Accept", "text/csv"}});
    if (answer.status != 200) return answer.body;
    const std::string csv = stack.home() + "/report.csv";
    std::ofstream(csv, std::ios::binary) << answer.body;
    std::vector<std::string> arguments = {report.dataset, report.report, "--equals", csv};
    std::ranges::copy(paths.at(report.dataset), std::back_inserter(arguments));
    if (const auto other = kOthers.find(report.dataset); other != kOthers.end()) {
      arguments.push_back("--other");
      std::ranges::copy(paths.at(other->second), std::back_inserter(arguments));
    }
    const Told told = run("oracle.py", arguments);
    return told.status == 0 ? "" : told.text + " ";
  }
  void expect_reports(const std::vector<File>& files) {
    const auto paths = paths_by_dataset(files);
    for (const ReportOf& report : kReports) {
      std::string fault;
      eventually([&] { return (fault = fault_of(report, paths)).empty(); });
      EXPECT_EQ(fault, "") << report.report << " with seed " << seed;
    }
  }

  StackSettings settings = [] {
    StackSettings out = fresh_stack_settings();
    out.definitions.clear();
    return out;
  }();
  unsigned seed = std::random_device()();
  Stack stack{settings};
};

TEST_F(Datasets, EveryReportOfEveryDatasetIsTheOracles) {
  const std::vector<File> files = generate(150);
  stack.start_all();
  for (const File& file : files) drop(file);
  expect_receipts(files.size());
  expect_reports(files);
}

TEST_F(Datasets, FilesInAnyOrderWhileServicesAreKilledGiveTheSame) {
  std::vector<File> files = generate(80);
  std::mt19937 dice(seed);
  std::ranges::shuffle(files, dice);
  stack.start_all();
  std::vector<std::pair<std::string, std::string>> kills;
  for (const char* stage : {"stage1", "entities", "stage2"}) {
    for (const char* point : {".before-commit", ".after-commit", ".after-apply"}) {
      kills.emplace_back("transform", stage + std::string(point));
    }
  }
  for (const char* service : {"ingest", "transform", "loader"}) kills.emplace_back(service, "");
  std::ranges::shuffle(kills, dice);
  for (const File& file : files) {
    drop(file);
    if (kills.empty()) continue;
    const auto [service, point] = kills.back();
    kills.pop_back();
    stack.kill_hard(service);
    if (!point.empty()) {
      stack.start(service, {{"SLUICE_CRASH_POINT", point}});
      // Whether it comes that far depends on what is still to be done.
      eventually([&] { return !stack.running(service); }, std::chrono::seconds(4));
      stack.kill_hard(service);
    }
    stack.start(service);
  }
  expect_receipts(files.size());
  expect_reports(files);
}

}  // namespace
}  // namespace sluice::testing
