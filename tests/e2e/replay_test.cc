// Reports that are rebuilt beside the live ones: on request, and because their definition has changed; whoever is
// killed meanwhile.
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/adapters/http/client.h"
#include "common/adapters/kafka/kafka_admin.h"
#include "common/adapters/postgres/connection.h"
#include "common/model/topics.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;

constexpr const char* kReport = "monthly_restaurants_report";

class Replays : public ::testing::Test {
 protected:
  void SetUp() override {
    stack.start_all();
    for (const char* service : Stack::kServices) {
      ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
          << service << ":\n" << stack.log(service);
    }
  }
  void deliver(std::size_t rows) {
    const BookingFile file = bookings.next_file(rows);
    stack.drop(file.name, file.content);
    ++files;
  }
  void settle() {
    ASSERT_TRUE(eventually([&] { return stack.all_settled(files); }, seconds(120))) << stack.log("ingest");
    ASSERT_TRUE(eventually([&] { return stack.report() == bookings.report(); }))
        << stack.log("transform") << stack.log("loader");
    std::uint64_t records = 0;
    for (const auto& [name, receipt] : stack.receipts()) {
      EXPECT_EQ(receipt.state, "done") << name << ": " << receipt.error;
      EXPECT_TRUE(receipt.balances()) << name;
      records += receipt.records;
    }
    EXPECT_EQ(records, bookings.distinct_bookings()) << "a key is new exactly once";
  }
  std::string ask(const std::string& body) {
    const auto answer = http::post("127.0.0.1", static_cast<std::uint16_t>(stack.port("api")), "/v1/replays", body);
    if (!answer || answer->status != 202) {
      ADD_FAILURE() << (answer ? answer->body : answer.error().message);
      return {};
    }
    return json::parse(answer->body).at("id");
  }
  json replay(const std::string& id) {
    const auto answer = stack.get("api", "/v1/replays/" + id);
    return answer.status == 200 ? json::parse(answer.body) : json{{"state", "unknown"}};
  }
  json ended(const std::string& id) {
    EXPECT_TRUE(eventually([&] {
      const std::string state = replay(id).at("state");
      return state == "done" || state == "dropped" || state == "failed";
    }, seconds(180))) << replay(id).dump(2) << stack.log("loader") << stack.log("transform");
    return replay(id);
  }
  // The rebuild that a changed definition began by itself.
  std::string begun_by_itself() {
    std::string id;
    EXPECT_TRUE(eventually([&] {
      const auto answer = stack.get("api", "/v1/replays?trigger=definition&limit=1");
      if (answer.status != 200) return false;
      const json list = json::parse(answer.body).at("replays");
      if (!list.empty()) id = list[0].at("id");
      return !list.empty();
    })) << stack.log("loader");
    return id;
  }
  postgres::Rows run(const std::string& sql) {
    if (!database || !database->alive()) database = std::make_unique<postgres::Connection>(settings.postgres_url);
    return database->run(sql);
  }
  std::int64_t number(const std::string& sql) { return run(sql).integer(0, 0); }
  // What generation `n` had is gone.
  void expect_nothing_left(int n) {
    const Topics topics = Topics(settings.topic_prefix).of_generation(n);
    kafka::KafkaAdmin admin(kafka());
    for (const TopicSettings& topic : generation_topics(topics, "bookings", {kReport}, 2, false)) {
      EXPECT_TRUE(eventually([&] { return admin.partition_count(topic.name) == 0; })) << topic.name;
    }
    const std::string prefix = n == 1 ? "bookings-stage" : "bookings-g" + std::to_string(n) + "-";
    EXPECT_TRUE(eventually([&] {
      for (const auto& entry : std::filesystem::directory_iterator(stack.home() + "/state/transform")) {
        if (entry.path().filename().string().starts_with(prefix)) return false;
      }
      return true;
    })) << prefix;
    EXPECT_EQ(number("SELECT count(*) FROM pg_tables WHERE schemaname = '_sluice_next'"), 0);
    EXPECT_EQ(number("SELECT count(*) FROM _sluice.positions WHERE topic = '" + topics.rows(kReport) + "'"), 0);
  }
  KafkaSettings kafka() const {
    KafkaSettings out;
    out.brokers = settings.kafka;
    out.topic_prefix = settings.topic_prefix;
    return out;
  }
  std::string with(std::string from, const std::string& to) const {
    std::string text = settings.definitions;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }

  StackSettings settings = fresh_stack_settings();
  Stack stack{settings};
  BookingsGenerator bookings{20261130};
  std::size_t files = 0;
  std::unique_ptr<postgres::Connection> database;
};

TEST_F(Replays, WhileFilesStreamInTheRebuiltReportIsTheSameAndTakesOverWithoutALoss) {
  deliver(2000);
  settle();
  std::atomic<bool> streaming = true;
  std::thread stream([&] {
    while (streaming) {
      deliver(150);
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  });
  const json done = ended(ask(R"({"dataset":"bookings"})"));
  streaming = false;
  stream.join();
  ASSERT_EQ(done.at("state"), "done") << done.dump(2) << stack.log("loader");
  const json diff = done.at("diff").at("reports").at(0);
  EXPECT_EQ(diff.at("report"), kReport);
  EXPECT_GT(diff.at("rows_after"), 100);
  EXPECT_EQ(diff.at("rows_before"), diff.at("rows_after"));
  for (const char* kind : {"added", "removed", "changed"}) EXPECT_EQ(diff.at(kind), 0) << diff.dump(2);
  for (const json& hop : done.at("progress")) EXPECT_EQ(hop.at("read"), hop.at("of")) << hop;
  deliver(300);
  settle();
  EXPECT_EQ(number("SELECT live FROM _sluice.generations WHERE dataset = 'bookings'"), 2);
  expect_nothing_left(1);
  // Whoever starts anew finds the generation that is live.
  for (const char* service : {"transform", "loader", "api", "ingest"}) {
    stack.kill_hard(service);
    stack.start(service);
  }
  deliver(200);
  settle();
}

TEST_F(Replays, WhatSomeoneChangedByHandIsShownRowByRowAndMendedByTheSwap) {
  deliver(1500);
  settle();
  run("CREATE VIEW my_view AS SELECT restaurant_id, amount FROM monthly_restaurants_report");
  const std::string first = "(SELECT ctid FROM monthly_restaurants_report ORDER BY restaurant_id, month LIMIT 1)";
  run("UPDATE monthly_restaurants_report SET number_of_guests = number_of_guests + 1000 WHERE ctid = " + first);
  run("DELETE FROM monthly_restaurants_report WHERE ctid IN (SELECT ctid FROM monthly_restaurants_report ORDER BY "
      "restaurant_id DESC, month DESC LIMIT 2)");
  run("INSERT INTO monthly_restaurants_report SELECT 'nobody', restaurant_name, country, month, 1, 1, 1, currency, 1 "
      "FROM monthly_restaurants_report LIMIT 1");
  const json tried = ended(ask(R"({"report":"monthly_restaurants_report","swap":false})"));
  ASSERT_EQ(tried.at("state"), "dropped") << tried.dump(2) << stack.log("loader");
  const json diff = tried.at("diff").at("reports").at(0);
  EXPECT_EQ(diff.at("changed"), 1);
  EXPECT_EQ(diff.at("added"), 2);
  EXPECT_EQ(diff.at("removed"), 1);
  for (const json& row : diff.at("rows")) {
    if (row.at("change") == "changed") {
      EXPECT_EQ(row.at("before").at("number_of_guests").get<int>(), row.at("after").at("number_of_guests").get<int>() + 1000);
    }
    if (row.at("change") == "removed") {
      EXPECT_EQ(row.at("before").at("restaurant_id"), "nobody");
    }
  }
  EXPECT_NE(stack.report(), bookings.report()) << "it was only looked at";
  expect_nothing_left(2);

  const json mended = ended(ask(R"({"report":"monthly_restaurants_report"})"));
  EXPECT_EQ(mended.at("state"), "done") << mended.dump(2);
  EXPECT_EQ(mended.at("diff").at("reports").at(0).at("added"), 2);
  EXPECT_EQ(mended.at("generation"), 3) << "no number is used twice";
  settle();
  EXPECT_GT(number("SELECT count(*) FROM my_view"), 0) << "what hangs on the table stays";
  EXPECT_EQ(json::parse(stack.get("api", "/v1/replays?state=done").body).at("replays").size(), 1U);
}

TEST_F(Replays, AChangedDefinitionIsRebuiltByItselfAndTheOldReportIsReadUntilThen) {
  deliver(1500);
  settle();
  const std::int64_t rows = number("SELECT count(*) FROM monthly_restaurants_report");
  stack.write_definition("bookings.yaml", with("amount: sum(amount) }", "amount: sum(amount), largest: max(guests) }"));
  const std::string id = begun_by_itself();
  // Every answer meanwhile is a whole report, the old or the new one.
  std::size_t answers = 0;
  ASSERT_TRUE(eventually([&] {
    const auto answer = stack.get("api", "/v1/reports/monthly_restaurants_report?limit=10000");
    if (answer.status == 200) {
      ++answers;
      EXPECT_EQ(json::parse(answer.body).at("rows").size(), static_cast<std::size_t>(rows));
    } else {
      EXPECT_EQ(answer.status, 503) << answer.body;
    }
    return replay(id).at("state") != "running";
  }, seconds(180))) << stack.log("loader");
  EXPECT_GT(answers, 5U);
  const json done = replay(id);
  ASSERT_EQ(done.at("state"), "done") << done.dump(2) << stack.log("loader");
  const json diff = done.at("diff").at("reports").at(0);
  EXPECT_EQ(diff.at("columns_added"), json::array({"largest"}));
  EXPECT_EQ(diff.at("changed"), 0) << "what both have is the same";
  EXPECT_EQ(number("SELECT count(*) FROM monthly_restaurants_report WHERE largest BETWEEN 1 AND 12"), rows);
  ASSERT_TRUE(eventually([&] {
    const auto answer = stack.get("api", "/v1/reports/monthly_restaurants_report?largest[gte]=1&limit=1");
    return answer.status == 200 && json::parse(answer.body).at("rows").size() == 1;
  }));
  deliver(300);
  settle();
  expect_nothing_left(1);

  // Another group, so another key: no row is the same as before.
  std::string text = with("group_by: [restaurant_id, restaurant_name, country]", "group_by: [country]");
  text.replace(text.find("order: [restaurant_name, month]"), 31, "order: [country, month]");
  stack.write_definition("bookings.yaml", text);
  ASSERT_TRUE(eventually([&] {
    return number("SELECT count(*) FROM information_schema.columns WHERE table_name = 'monthly_restaurants_report' "
                  "AND table_schema = 'public' AND column_name = 'restaurant_id'") == 0;
  }, seconds(120))) << stack.log("loader");
  std::int64_t expected = 0;
  for (const auto& [key, group] : bookings.report()) expected += group.bookings;
  EXPECT_EQ(number("SELECT sum(number_of_bookings)::bigint FROM monthly_restaurants_report"), expected);
}

TEST_F(Replays, OtherFieldsAreRefusedAndTheOldReportGoesOnAlsoAfterARestart) {
  deliver(400);
  settle();
  ASSERT_TRUE(eventually([&] { return number("SELECT count(*) FROM _sluice.generations") == 1; }));
  stack.write_definition("bookings.yaml", with("guests:          { type: integer", "guests:          { type: decimal"));
  ASSERT_TRUE(eventually([&] {
    return stack.get("transform", "/readyz").body.find("has changed while it runs") != std::string::npos;
  })) << stack.get("transform", "/readyz").body;
  stack.kill_hard("transform");
  stack.start("transform");
  ASSERT_TRUE(eventually([&] { return stack.get("transform", "/readyz").status == 200; }));
  deliver(200);
  settle();
  EXPECT_EQ(json::parse(stack.get("api", "/v1/replays").body).at("replays").size(), 0U);
}

TEST_F(Replays, ADefinitionThatIsPutBackDropsWhatWasBegun) {
  deliver(3000);
  settle();
  stack.kill_hard("transform");  // so that what is begun cannot end
  stack.write_definition("bookings.yaml", with("amount: sum(amount) }", "amount: sum(amount), most: max(guests) }"));
  const std::string id = begun_by_itself();
  ASSERT_TRUE(eventually([&] { return replay(id).at("stage") == "building"; })) << stack.log("loader");
  stack.write_definition("bookings.yaml", settings.definitions);
  const json dropped = ended(id);
  EXPECT_EQ(dropped.at("state"), "dropped") << dropped.dump(2);
  stack.start("transform");
  deliver(300);
  settle();
  expect_nothing_left(2);
}

TEST_F(Replays, KilledAtAnyPointTheRebuildGoesOnAndIsRight) {
  deliver(1500);
  settle();
  struct Kill {
    const char* service;
    const char* point;
  };
  for (const Kill& kill : {Kill{"loader", "replay.topics-made"}, Kill{"loader", "replay.cut-noted"},
                           Kill{"loader", "replay.cut-sent"}, Kill{"loader", "replay.compared"},
                           Kill{"loader", "replay.swapped"}, Kill{"loader", "replay.removed"},
                           Kill{"transform", "stage1.after-commit"}, Kill{"transform", "stage2.before-commit"},
                           Kill{"loader", "loader.before-commit"}}) {
    SCOPED_TRACE(kill.point);
    stack.kill_hard(kill.service);
    stack.start(kill.service, {{"SLUICE_CRASH_POINT", kill.point}});
    const std::string id = ask(R"({"dataset":"bookings"})");
    deliver(200);
    ASSERT_TRUE(eventually([&] { return !stack.running(kill.service); }, seconds(180)))
        << "the point was never reached\n" << stack.log(kill.service);
    stack.start(kill.service);
    const json done = ended(id);
    ASSERT_EQ(done.at("state"), "done") << done.dump(2) << stack.log("loader");
    const json diff = done.at("diff").at("reports").at(0);
    for (const char* kind : {"added", "removed", "changed"}) EXPECT_EQ(diff.at(kind), 0) << diff.dump(2);
    settle();
  }
}

TEST_F(Replays, TheCommandLineTellsHowFarItIsAndWhatDiffers) {
  deliver(300);
  settle();
  run("UPDATE monthly_restaurants_report SET amount = amount + 1 WHERE ctid = (SELECT min(ctid) FROM "
      "monthly_restaurants_report)");
  const auto said = [&](const std::string& arguments) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "sluice-cli";
    const std::string command = "SLUICE_PORT_BASE=" + std::to_string(stack.port("api")) + " " + program.string() +
                                " replay " + arguments + " 2>&1";
    std::string out;
    FILE* pipe = ::popen(command.c_str(), "r");
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
    out += "exit " + std::to_string(WEXITSTATUS(::pclose(pipe)));
    return out;
  };
  const std::string tried = said("bookings --dry-run");
  EXPECT_NE(tried.find("bookings: building"), std::string::npos) << tried;
  EXPECT_NE(tried.find("changed"), std::string::npos) << tried;
  EXPECT_NE(tried.find("Nothing was swapped.\nexit 0"), std::string::npos) << tried;
  const std::string swapped = said("monthly_restaurants_report");
  EXPECT_NE(swapped.find("The rebuilt reports are live.\nexit 0"), std::string::npos) << swapped;
  settle();
  const std::string list = said("");
  EXPECT_NE(list.find("dropped"), std::string::npos) << list;
  EXPECT_NE(list.find("done"), std::string::npos) << list;
  EXPECT_NE(said("nothing_of_that_name").find("There is no dataset"), std::string::npos);
  EXPECT_NE(said("bookings --from 0:17").find("\"from\" is"), std::string::npos);
  EXPECT_NE(said("bookings --from 0=x").find("write --from 0=1200,1=900"), std::string::npos);
}

TEST_F(Replays, APartIsComparedAndSwappedOnlyWhereThatIsSaid) {
  deliver(600);
  settle();
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // files are told apart by the second they were found in
  const std::string since(
      run("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')").text(0, 0));
  deliver(200);
  settle();
  const json part = ended(ask(R"({"dataset":"bookings","from":")" + since + R"("})"));
  EXPECT_EQ(part.at("state"), "dropped") << part.dump(2);
  EXPECT_EQ(part.at("diff").at("partial"), true);
  const json diff = part.at("diff").at("reports").at(0);
  EXPECT_LT(diff.at("rows_after"), diff.at("rows_before"));
  EXPECT_GT(diff.at("rows_after"), 0);
  settle();

  const std::string nothing = R"({"dataset":"bookings","from":{"0":999999999}})";
  const json failed = ended(ask(nothing));
  EXPECT_EQ(failed.at("state"), "failed");
  EXPECT_NE(failed.at("error").get<std::string>().find("partition 0 of the records ends at offset"), std::string::npos)
      << failed.dump();
}

}  // namespace
}  // namespace sluice::testing
