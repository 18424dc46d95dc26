// What a user gets: files dropped in a folder, looked at where users look.
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

constexpr const char* kReport = "/v1/reports/monthly_restaurants_report";

class Pipeline : public ::testing::Test {
 protected:
  void SetUp() override {
    stack.start_all();
    for (const char* service : Stack::kServices) {
      ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
          << service << ":\n" << stack.log(service);
    }
  }
  Receipt settle(const std::string& name) {
    EXPECT_TRUE(eventually([&] {
      const auto all = stack.receipts();
      const auto found = all.find(name);
      return found != all.end() && (found->second.state == "done" || found->second.state == "duplicate" ||
                                    found->second.state == "failed");
    })) << name << " never settled\n" << stack.log("ingest");
    return stack.receipts()[name];
  }
  void expect_report(const Report& expected) {
    EXPECT_TRUE(eventually([&] { return stack.report() == expected; }));
    EXPECT_EQ(stack.report(), expected);
  }

  Stack stack{fresh_stack_settings()};
  BookingsGenerator bookings{20261121, {.duplicates = 0, .corrections = 0, .bad = 0}};
};

TEST_F(Pipeline, ADroppedFileIsInPostgresOverRestAndInTheCsvFile) {
  const BookingFile file = bookings.next_file(2000);
  stack.drop(file.name, file.content);
  const Receipt receipt = settle(file.name);
  EXPECT_EQ(receipt.state, "done");
  EXPECT_EQ(receipt.rows, 2000U);
  EXPECT_EQ(receipt.records, 2000U);
  EXPECT_TRUE(receipt.balances());
  expect_report(bookings.report());

  EXPECT_TRUE(eventually([&] { return stack.exists("data/archive/" + file.name); }));
  EXPECT_FALSE(stack.exists("data/in/" + file.name));

  // The CSV file is what REST gives as CSV in the same order, byte for byte.
  EXPECT_TRUE(eventually([&] {
    const auto rest = stack.get("api", std::string(kReport) + "?limit=10000&order=restaurant_name,month",
                                {{"Accept", "text/csv"}});
    return rest.status == 200 &&
           stack.file("data/out/monthly_restaurants_report.csv") == rest.body;
  }));
  const std::string csv = stack.file("data/out/monthly_restaurants_report.csv");
  EXPECT_TRUE(csv.starts_with(
      "restaurant_id,restaurant_name,country,month,number_of_bookings,number_of_guests,amount,currency"))
      << csv.substr(0, 200);

  // Over REST every amount is a JSON number printed exactly.
  const auto answer = stack.get("api", std::string(kReport) + "?country=France&order=-amount,month&limit=5");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto page = nlohmann::json::parse(answer.body);
  EXPECT_EQ(page.at("report"), "monthly_restaurants_report");
  ASSERT_EQ(page.at("rows").size(), 5U);
  for (const auto& row : page.at("rows")) {
    EXPECT_EQ(row.at("country"), "France");
    EXPECT_TRUE(row.at("amount").is_number());
  }
  EXPECT_FALSE(page.at("next").is_null());
}

TEST_F(Pipeline, TheSameBytesAgainAndTheSameRowsInAnotherOrderChangeNothingAndSaySo) {
  const BookingFile file = bookings.next_file(500);
  stack.drop(file.name, file.content);
  EXPECT_EQ(settle(file.name).records, 500U);
  expect_report(bookings.report());

  stack.drop("bookings-copy.csv", file.content);
  EXPECT_EQ(settle("bookings-copy.csv").state, "duplicate");

  const BookingFile shuffled = bookings.shuffled(file);
  stack.drop(shuffled.name, shuffled.content);
  const Receipt receipt = settle(shuffled.name);
  EXPECT_EQ(receipt.state, "done");
  EXPECT_EQ(receipt.duplicates, 500U);
  EXPECT_EQ(receipt.records + receipt.corrections, 0U);
  expect_report(bookings.report());
}

TEST_F(Pipeline, ACorrectedRowMovesItsMoneyToItsNewMonthAndRestaurant) {
  const std::string header =
      "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country\r\n";
  stack.drop("bookings-1.csv", header +
                                   "b1,r1,Alpha,c1,Ann,\"90,04 €\",2,31/01/2017,Italia\r\n"
                                   "b2,r1,Alpha,c1,Ann,\"9,96 €\",3,01/01/2017,Italia\r\n");
  EXPECT_EQ(settle("bookings-1.csv").records, 2U);
  expect_report({{{"r1", "Alpha", "Italia", "2017_01", "EUR"}, {2, 5, 10000}}});

  stack.drop("bookings-2.csv", header + "b1,r2,Beta,c1,Ann,£12.34,4,01/02/2017,Italia\r\n");
  EXPECT_EQ(settle("bookings-2.csv").corrections, 1U);
  expect_report({{{"r1", "Alpha", "Italia", "2017_01", "EUR"}, {1, 3, 996}},
                 {{"r2", "Beta", "Italia", "2017_02", "GBP"}, {1, 4, 1234}}});
}

TEST_F(Pipeline, BrokenRowsBecomeDeadLettersWithLineColumnAndReason) {
  BookingsGenerator messy{7, {.duplicates = 0, .corrections = 0, .bad = 0.2}};
  const BookingFile file = messy.next_file(300);
  ASSERT_FALSE(file.bad_lines.empty());
  stack.drop(file.name, file.content);
  const Receipt receipt = settle(file.name);
  EXPECT_EQ(receipt.rows, 300U);
  EXPECT_EQ(receipt.dead_letters, file.bad_lines.size());
  expect_report(messy.report());

  std::vector<std::uint64_t> lines;
  EXPECT_TRUE(eventually([&] {
    const auto answer = stack.get("api", "/v1/dead-letters?dataset=bookings&limit=1000&file=" + receipt.id);
    if (answer.status != 200) return false;
    const auto page = nlohmann::json::parse(answer.body);
    lines.clear();
    for (const auto& letter : page.at("dead_letters")) {
      lines.push_back(letter.at("line"));
      EXPECT_FALSE(letter.at("reason").get<std::string>().empty());
      EXPECT_FALSE(letter.at("rule").get<std::string>().empty());
      EXPECT_FALSE(letter.at("row").get<std::string>().empty());
    }
    return lines.size() == file.bad_lines.size();
  }));
  std::ranges::sort(lines);
  EXPECT_EQ(lines, file.bad_lines);
}

TEST_F(Pipeline, FilesThatCannotBeReadEndInFailedWithAReasonAndTheServiceLivesOn) {
  stack.drop("bookings-header.csv", "booking,restaurant\r\n1,2\r\n");
  stack.drop("bookings-empty.csv", "");
  stack.drop("bookings-binary.csv", std::string("PK\x03\x04\0\0\0\0\xff\xfe", 10));
  stack.drop("bookings-long-line.csv", "booking_id," + std::string(std::size_t{5} << 20, 'x') + "\n");
  stack.drop("unknown-shape.csv", "a,b\n1,2\n");
  std::filesystem::create_directory(stack.home() + "/data/in/bookings-folder.csv");

  for (const char* name : {"bookings-header.csv", "bookings-empty.csv", "bookings-binary.csv",
                           "bookings-long-line.csv", "unknown-shape.csv", "bookings-folder.csv"}) {
    const Receipt receipt = settle(name);
    EXPECT_EQ(receipt.state, "failed") << name;
    EXPECT_FALSE(receipt.error.empty()) << name;
    EXPECT_TRUE(eventually([&] { return stack.exists(std::string("data/failed/") + name); })) << name;
    EXPECT_TRUE(eventually([&] {
      return !stack.file(std::string("data/failed/") + name + ".reason.txt").empty();
    })) << name;
  }
  const BookingFile good = bookings.next_file(10);
  stack.drop(good.name, good.content);
  EXPECT_EQ(settle(good.name).state, "done");
  expect_report(bookings.report());
}

TEST_F(Pipeline, AFileThatIsStillBeingWrittenIsNotTouched) {
  const BookingFile slow = bookings.next_file(50);
  const BookingFile other = bookings.next_file(50);
  std::ofstream writer(stack.home() + "/data/in/" + slow.name, std::ios::binary);
  writer << slow.content.substr(0, slow.content.size() / 2) << std::flush;
  // Another file goes all the way meanwhile, so the watcher has had its time.
  stack.drop(other.name, other.content);
  EXPECT_EQ(settle(other.name).state, "done");
  EXPECT_FALSE(stack.receipts().contains(slow.name));
  EXPECT_TRUE(stack.exists("data/in/" + slow.name));

  writer << slow.content.substr(slow.content.size() / 2);
  writer.close();
  EXPECT_EQ(settle(slow.name).records, 50U);
  expect_report(bookings.report());
}

constexpr const char* kTakings = R"(dataset: takings
source: { files: "takings*.csv" }
format: csv
key: id
event_time: at
fields:
  id:    { type: string, required: true }
  at:    { type: timestamp, required: true }
  taken: { type: integer, required: true }
reports:
  takings_by_month:
    window: { tumbling: month, name: month }
    measures: { taken: sum(taken) }
)";

TEST_F(Pipeline, AMonthIsCompleteWhenSettledFilesReachBeyondItAndALateRowAmendsItAndIsCounted) {
  stack.write_definition("takings.yaml", kTakings);
  const auto report = [&] {
    const auto answer = stack.get("api", "/v1/reports/takings_by_month?order=month");
    return answer.status == 200 ? nlohmann::json::parse(answer.body) : nlohmann::json();
  };
  // Rows of one file stand in any order: none is late because of another.
  stack.drop("takings-1.csv", "id,at,taken\na,2022-03-05T10:00:00Z,5\nb,2022-01-31T10:00:00Z,7\n");
  EXPECT_EQ(settle("takings-1.csv").records, 2U);
  EXPECT_TRUE(eventually([&] { return report().value("complete_through", nlohmann::json()) == "2022-03-05T10:00:00Z"; })) << report();
  EXPECT_EQ(report().at("first_open_window"), "2022-03");
  const auto late_of = [&](const std::string& name) {
    const auto files = nlohmann::json::parse(stack.get("api", "/v1/files?limit=1000").body);
    for (const auto& file : files.at("files")) {
      if (file.at("name") == name) return file.at("late").get<int>();
    }
    return -1;
  };
  EXPECT_EQ(late_of("takings-1.csv"), 0);

  const std::int64_t revision = report().at("revision");
  // Until transform, which looks once a second, has seen that the first one is settled, a row of January is in time.
  int late = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (int i = 0; late == 0 && std::chrono::steady_clock::now() < end; ++i) {
    const std::string name = "takings-late-" + std::to_string(i) + ".csv";
    stack.drop(name, "id,at,taken\nlate" + std::to_string(i) + ",2022-01-30T10:00:00Z,1\n");
    EXPECT_EQ(settle(name).records, 1U);
    late = late_of(name);
  }
  EXPECT_EQ(late, 1) << "a row of January, when files reached into March";
  EXPECT_TRUE(eventually([&] { return report().at("revision").get<std::int64_t>() > revision; }));
  EXPECT_GT(report().at("rows").at(0).at("taken").get<int>(), 7) << "it amended January";
}

TEST_F(Pipeline, ADefinitionThatRefusesLateRowsKeepsItsCompleteMonthsAsTheyAre) {
  stack.write_definition("takings.yaml", kTakings);
  stack.drop("takings-1.csv", "id,at,taken\na,2022-03-05T10:00:00Z,5\nb,2022-01-31T10:00:00Z,7\n");
  EXPECT_EQ(settle("takings-1.csv").records, 2U);
  // It says so from now on, while the services run.
  stack.write_definition("takings.yaml", std::string(kTakings) + "late: reject\n");
  std::uint64_t refused = 0, rows = 0;
  // Until ingest has seen that, and that the first one is settled, a row of January is taken.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (int i = 0; refused == 0 && std::chrono::steady_clock::now() < end; ++i) {
    const std::string name = "takings-late-" + std::to_string(i) + ".csv";
    stack.drop(name, "id,at,taken\nlate" + std::to_string(i) + ",2022-01-30T10:00:00Z,1\nnow" + std::to_string(i) +
                         ",2022-03-06T10:00:00Z,1\n");
    const Receipt receipt = settle(name);
    EXPECT_TRUE(receipt.balances());
    refused = receipt.dead_letters;
    rows = receipt.records;
  }
  EXPECT_EQ(refused, 1U);
  EXPECT_EQ(rows, 1U) << "the row of March goes on";
  EXPECT_TRUE(eventually([&] {
    const auto letters = nlohmann::json::parse(stack.get("api", "/v1/dead-letters?dataset=takings").body).at("dead_letters");
    return letters.size() == 1 && letters.at(0).at("rule") == "late";
  })) << stack.get("api", "/v1/dead-letters?dataset=takings").body;
}

TEST_F(Pipeline, ASecondDefinitionMakesASecondPipelineAndABrokenOneStopsNothing) {
  stack.write_definition("broken.yaml", "dataset: broken\nsource: { files: \"x*.csv\" }\nformat: csv\nkey: nothing\n");
  stack.write_definition("visits.yaml", R"(dataset: visits
source: { files: "visits*.csv" }
format: csv
csv: { delimiter: ";" }
key: visit
event_time: at
fields:
  visit: { type: integer, required: true }
  page:  { type: string, required: true }
  at:    { type: timestamp, required: true, formats: ["%Y-%m-%dT%H:%M:%S%z"] }
  cost:  { type: decimal }
reports:
  visits_by_week:
    group_by: [page]
    window: { tumbling: week, name: week, week_starts_on: sunday, time_zone: Europe/Paris }
    measures: { visits: count, cost: sum(cost) }
    sinks: { postgres: {} }
)");
  stack.drop("visits.csv",
             "visit;page;at;cost\n"
             "1;home;2022-07-02T23:30:00Z;0.10\n"   // already Sunday in Paris
             "2;home;2022-07-03T10:00:00Z;0.20\n"
             "3;home;2022-07-02T20:00:00Z;\n");
  const Receipt receipt = settle("visits.csv");
  EXPECT_EQ(receipt.records, 3U) << receipt.error;
  nlohmann::json rows;
  EXPECT_TRUE(eventually([&] {
    const auto answer = stack.get("api", "/v1/reports/visits_by_week?order=week");
    if (answer.status != 200) return false;
    rows = nlohmann::json::parse(answer.body).at("rows");
    // The two visits of one week may come in two transactions: both have to be in.
    return rows.size() == 2 && rows[1].at("visits") == 2;
  }));
  ASSERT_EQ(rows.size(), 2U) << rows;
  EXPECT_EQ(rows[0].at("week"), "2022-06-26");
  EXPECT_EQ(rows[0].at("visits"), 1);
  EXPECT_EQ(rows[1].at("week"), "2022-07-03");
  EXPECT_EQ(rows[1].at("cost").dump(), "0.3");

  const BookingFile file = bookings.next_file(20);
  stack.drop(file.name, file.content);
  EXPECT_EQ(settle(file.name).state, "done");
  expect_report(bookings.report());
  EXPECT_NE(stack.log("ingest").find("broken.yaml"), std::string::npos);
}

TEST_F(Pipeline, ADefinitionThatChangedWhileServicesWereDownIsRefusedAndGoesOnWhenItIsPutBack) {
  const std::string notes = R"(dataset: notes
source: { files: "notes*.csv" }
format: csv
key: id
fields:
  id:     { type: integer, required: true }
  author: { type: string, required: true }
  words:  { type: integer, required: true }
reports:
  notes_by_author:
    group_by: [author]
    measures: { notes: count, words: sum(words) }
)";
  std::string changed = notes;
  changed.replace(changed.find("words:  { type: integer"), 23, "words:  { type: decimal");
  stack.write_definition("notes.yaml", notes);
  stack.drop("notes-1.csv", "id,author,words\n1,ann,10\n");
  EXPECT_EQ(settle("notes-1.csv").records, 1U);

  for (const char* service : {"ingest", "transform", "loader"}) stack.kill_hard(service);
  stack.write_definition("notes.yaml", changed);
  for (const char* service : {"ingest", "transform", "loader"}) stack.start(service);
  for (const char* service : {"ingest", "transform", "loader"}) {
    EXPECT_TRUE(eventually([&] {
      // The same of all, as far as they knew the definition by which it ran.
      return stack.log(service).find("has changed") != std::string::npos;
    })) << stack.log(service);
  }
  stack.drop("notes-2.csv", "id,author,words\n2,ann,20\n");
  const BookingFile file = bookings.next_file(20);
  stack.drop(file.name, file.content);
  EXPECT_EQ(settle(file.name).state, "done") << "the other dataset goes on";
  EXPECT_TRUE(eventually([&] { return stack.receipts().contains("notes-2.csv"); }));
  EXPECT_EQ(stack.receipts()["notes-2.csv"].state, "waiting");

  stack.write_definition("notes.yaml", notes);
  EXPECT_EQ(settle("notes-2.csv").records, 1U);
  EXPECT_TRUE(eventually([&] {
    const auto answer = stack.get("api", "/v1/reports/notes_by_author");
    if (answer.status != 200) return false;
    const auto rows = nlohmann::json::parse(answer.body).at("rows");
    return rows.size() == 1 && rows[0].at("words") == 30;
  }));
}

TEST_F(Pipeline, EveryServiceStopsGracefullyAndGoesOnWhereItWas) {
  const BookingFile first = bookings.next_file(200);
  stack.drop(first.name, first.content);
  EXPECT_EQ(settle(first.name).state, "done");
  for (const char* service : Stack::kServices) EXPECT_EQ(stack.stop(service), 0) << stack.log(service);
  const BookingFile second = bookings.next_file(200);
  stack.drop(second.name, second.content);
  stack.start_all();
  EXPECT_TRUE(eventually([&] { return stack.all_settled(2); }));
  expect_report(bookings.report());
}

}  // namespace
}  // namespace sluice::testing
