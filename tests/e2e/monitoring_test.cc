// What is looked at when all is well: after the samples of every shipped definition, the services show the metrics of the
// catalogue and no others, and every question of the dashboards is answered by the real reports.
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/adapters/postgres/connection.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

namespace fs = std::filesystem;

const std::string kSource = SLUICE_SOURCE_FOLDER;
constexpr auto kPatience = std::chrono::seconds(300);  // eight pipelines on a machine that may be busy

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Told {
  int status = 0;
  std::string text;
};
Told run(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  Told told;
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) told.text.append(buffer, got);
  told.status = WEXITSTATUS(::pclose(pipe));
  return told;
}

class Monitoring : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto& entry : fs::directory_iterator(kSource + "/schemas")) {
      if (entry.path().extension() != ".yaml") continue;
      stack.write_definition(entry.path().filename().string(), content_of(entry.path()));
    }
    stack.start_all();
    feed_samples();
  }

  void feed_samples() {
    const fs::path samples = fs::path(stack.home()) / "samples";
    const Told made = run(std::string(SLUICE_BIN_DIR) + "/sluice-samples " + samples.string());
    ASSERT_EQ(made.status, 0) << made.text;
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(samples)) {
      if (!entry.is_regular_file()) continue;
      stack.drop(fs::relative(entry.path(), samples).string(), content_of(entry.path()));
      ++files;
    }
    ASSERT_TRUE(eventually([&] { return stack.all_settled(files); }, kPatience))
        << stack.receipts().size() << " files of " << files << "\n" << stack.log("ingest");
  }

  // Rows of the question as text, "a|b"; the error's words if there is one.
  std::vector<std::string> ask(const std::string& sql) {
    std::vector<std::string> out;
    try {
      postgres::Connection db(settings.postgres_url, "monitoring-test");
      const auto rows = db.run(sql);
      columns.clear();
      for (int column = 0; column < rows.columns(); ++column) columns.emplace_back(rows.name(column));
      for (int row = 0; row < rows.size(); ++row) {
        std::string line;
        for (int column = 0; column < rows.columns(); ++column) {
          line += (column == 0 ? "" : "|") + std::string(rows.text(row, column));
        }
        out.push_back(std::move(line));
      }
    } catch (const std::exception& error) {
      failure = error.what();
      return {};
    }
    failure.clear();
    return out;
  }
  std::string question(const std::string& name) const {
    std::string sql = content_of(kSource + "/monitoring/grafana/sql/" + name + ".sql");
    sql.erase(sql.find_last_not_of(" \n;") + 1);
    return sql;
  }

  void expect_the_catalogues_metrics();
  void expect_an_answer_to_every_question();
  void expect_answers_that_agree();

  StackSettings settings = [] {
    StackSettings out = fresh_stack_settings();
    out.definitions.clear();
    return out;
  }();
  Stack stack{settings};
  std::vector<std::string> columns;
  std::string failure;
};

void Monitoring::expect_the_catalogues_metrics() {
  // Rows come by another way than receipts; a question to the api is counted, too.
  const auto scraped = [&] {
    std::string command = "/usr/bin/python3 '" + kSource + "/tests/e2e/scraped.py'";
    for (const char* service : Stack::kServices) {
      stack.get(service, "/v1/reports");
      const std::string file = stack.home() + "/" + service + ".metrics";
      std::ofstream(file) << stack.get(service, "/metrics").body;
      command += std::string(" ") + service + "=" + file;
    }
    return run(command);
  };
  Told told;
  EXPECT_TRUE(eventually([&] { return (told = scraped()).status == 0; }, kPatience)) << told.text;
}

void Monitoring::expect_an_answer_to_every_question() {
  int questions = 0;
  for (const auto& entry : fs::directory_iterator(kSource + "/monitoring/grafana/dashboards")) {
    const auto dashboard = nlohmann::json::parse(content_of(entry.path()));
    for (const auto& panel : dashboard.at("panels")) {
      const auto& target = panel.at("targets").at(0);
      if (!target.contains("rawSql")) continue;
      const std::string title = dashboard.at("title").get<std::string>() + ": " + panel.at("title").get<std::string>();
      std::vector<std::string> rows;
      EXPECT_TRUE(eventually([&] { return !(rows = ask(target.at("rawSql"))).empty(); })) << title << ": " << failure;
      if (panel.at("options").contains("xField")) {
        EXPECT_THAT(columns, ::testing::Contains(panel.at("options").at("xField").get<std::string>())) << title;
      }
      ++questions;
    }
  }
  EXPECT_GT(questions, 20);
}

// Sums that are made of the same records by different reports.
void Monitoring::expect_answers_that_agree() {
  const auto agree = [&](const std::string& what, const std::vector<std::string>& ways) {
    std::vector<std::string> sums;
    EXPECT_TRUE(eventually([&] {
      sums.clear();
      for (const std::string& sql : ways) {
        const auto rows = ask(sql);
        sums.push_back(rows.size() == 1 ? rows[0] : failure);
      }
      return sums[0] != "" && sums[0] != "0" && std::ranges::all_of(sums, [&](const auto& sum) { return sum == sums[0]; });
    })) << what << ": " << ::testing::PrintToString(sums);
  };
  const auto sum = [&](const std::string& column, const std::string& name) {
    return "SELECT sum(" + column + ")::numeric(38,2) FROM (" + question(name) + ") AS answer";
  };
  agree("bookings", {sum("number_of_bookings", "bookings_by_month"), sum("number_of_bookings", "bookings_by_country"),
                     "SELECT sum(number_of_bookings)::numeric(38,2) FROM bookings_by_calendar_month"});
  agree("amounts", {sum("amount", "amounts_by_month_and_currency"), sum("amount", "bookings_by_country")});
  agree("orders", {sum("orders", "orders_by_month"), sum("orders", "customer_types_by_month"),
                   "SELECT count(*)::numeric(38,2) FROM orders", "SELECT sum(orders)::numeric(38,2) FROM orders_weekly"});
  agree("sales", {sum("sales", "orders_by_month"), sum("sales", "customer_types_by_month"),
                  "SELECT sum(item_total)::numeric(38,2) FROM orders"});
  agree("page views", {sum("pageviews", "consent_by_hour"), sum("pageviews", "consent_by_domain_and_country")});
  agree("dead letters", {"SELECT sum(dead_letters) FROM (" + question("dead_letters_by_rule") + ") AS answer",
                         "SELECT sum(dead_letters) FROM (" + question("files_of_the_last_days") + ") AS answer"});
}

// One run of the samples for all three: it is most of the work.
TEST_F(Monitoring, ShowsTheMetricsOfTheCatalogueAndAnswersEveryQuestionOfTheDashboardsAlike) {
  expect_the_catalogues_metrics();
  expect_an_answer_to_every_question();
  expect_answers_that_agree();
}

}  // namespace
}  // namespace sluice::testing
