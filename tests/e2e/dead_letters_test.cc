// Dead letters: a messy file is dropped, the definition mended, the rows retried; or discarded.
#include <cstdio>
#include <memory>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/adapters/http/client.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr const char* kAll = R"({"dataset":"bookings"})";

// It takes one of the two ways in which dates are written; so half of the rows are no records.
StackSettings settings_of_a_narrow_definition() {
  StackSettings out = fresh_stack_settings();
  const std::string both = R"(["%d/%m/%Y", "%d-%m-%Y"])";
  out.definitions.replace(out.definitions.find(both), both.size(), R"(["%d-%m-%Y"])");
  return out;
}

class DeadLettersEndToEnd : public ::testing::Test {
 protected:
  void SetUp() override {
    stack.start_all();
    for (const char* service : Stack::kServices) wait_until_ready(service);
  }
  void wait_until_ready(const std::string& service) {
    ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
        << service << ":\n" << stack.log(service);
  }
  Receipt deliver(const BookingFile& file) {
    stack.drop(file.name, file.content);
    EXPECT_TRUE(eventually([&] {
      const auto all = stack.receipts();
      return all.contains(file.name) && all.at(file.name).state == "done";
    })) << stack.log("ingest");
    const Receipt receipt = stack.receipts()[file.name];
    EXPECT_TRUE(receipt.balances());
    EXPECT_TRUE(eventually([&] { return count("file=" + receipt.id) == receipt.dead_letters; }));
    return receipt;
  }
  void mend() { stack.write_definition("bookings.yaml", bookings_definition()); }
  http::ClientResponse post(const std::string& what, const std::string& body) {
    const auto answer = http::post("127.0.0.1", static_cast<std::uint16_t>(stack.port("api")), "/v1/dead-letters/" + what,
                                   body, {{"content-type", "application/json"}}, 60s);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : http::ClientResponse{};
  }
  // Asks for a retry and waits until its receipt is settled.
  Json retry(const std::string& body = kAll) {
    const auto answer = post("retry", body);
    EXPECT_EQ(answer.status, 202) << answer.body;
    if (answer.status != 202) return {};
    const std::string location(answer.header("location"));
    EXPECT_EQ(location, "/v1/files/" + Json::parse(answer.body)["file"]["id"].get<std::string>());
    return settled(location);
  }
  // What ./sluice dead-letters prints.
  std::string sluice(const std::string& arguments) {
    const std::string command = "SLUICE_PORT_BASE=" + std::to_string(stack.port("api")) + " " SLUICE_CLI " dead-letters " +
                                arguments + " 2>&1";
    std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::string out(64 * 1024, '\0');
    out.resize(pipe == nullptr ? 0 : std::fread(out.data(), 1, out.size(), pipe.get()));
    return out;
  }
  Json settled(const std::string& location) {
    Json file;
    EXPECT_TRUE(eventually([&] {
      file = Json::parse(stack.get("api", location).body);
      return file["state"] == "done" || file["state"] == "duplicate" || file["state"] == "failed";
    })) << file << stack.log("ingest");
    return file;
  }
  std::size_t count(const std::string& query) {
    return Json::parse(stack.get("api", "/v1/dead-letters?limit=10000&" + query).body)["dead_letters"].size();
  }
  void expect_report() {
    EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
    EXPECT_EQ(stack.report(), bookings.report());
  }
  static std::size_t bad_rows(const std::vector<BookingFile>& files) {
    std::size_t out = 0;
    for (const BookingFile& file : files) out += file.bad_lines.size();
    return out;
  }

  Stack stack{settings_of_a_narrow_definition()};
  BookingsGenerator bookings{20261130};
};

TEST_F(DeadLettersEndToEnd, OfAMendedDefinitionAreRetriedUntilTheReportIsAsIfItHadBeenRightFromTheStart) {
  const std::vector<BookingFile> files = {bookings.next_file(600), bookings.next_file(400)};
  const Receipt first = deliver(files[0]);
  const Receipt second = deliver(files[1]);
  const std::size_t letters = first.dead_letters + second.dead_letters;
  ASSERT_GT(first.dead_letters, 200U);
  mend();
  // It corrects rows of the first two that are letters still, and is later than they are.
  const BookingFile third = bookings.next_file(400);
  ASSERT_TRUE(eventually([&] { return stack.log("ingest").find("definition") != std::string::npos; }));

  const auto dry = post("retry?dry_run=true", kAll);
  EXPECT_EQ(dry.status, 200) << dry.body;
  const std::size_t no_text = count("rule=encoding");  // what is kept of them is not what they were
  ASSERT_GT(no_text, 0U);
  EXPECT_EQ(Json::parse(dry.body)["letters"], letters - no_text);
  EXPECT_EQ(Json::parse(dry.body)["not_retriable"][0]["letters"], no_text);
  EXPECT_TRUE(Json::parse(dry.body)["file"].is_null());
  EXPECT_EQ(count("state=open"), letters) << "a dry run changes nothing";

  const Json done = retry();
  EXPECT_EQ(done["state"], "done") << done;
  EXPECT_EQ(done["source"], "retry");
  EXPECT_EQ(done["rows"], letters - no_text);
  EXPECT_EQ(done["dead_letters"], bad_rows(files) - no_text);
  EXPECT_EQ(done["rows"].get<int>(), done["records"].get<int>() + done["corrections"].get<int>() +
                                         done["duplicates"].get<int>() + done["dead_letters"].get<int>());
  deliver(third);
  expect_report();
  EXPECT_EQ(stack.receipts()[first.name].dead_letters, first.dead_letters) << "the first receipt stands as it was";

  ASSERT_TRUE(eventually([&] { return count("state=retried") == letters - bad_rows(files); }));
  EXPECT_EQ(count("file=" + first.id), files[0].bad_lines.size());
  const Json one = Json::parse(stack.get("api", "/v1/dead-letters?state=retried&limit=1").body)["dead_letters"][0];
  EXPECT_EQ(one["resolved_by"], done["id"]);
  EXPECT_FALSE(one["resolved_at"].is_null());
  const Json left =
      Json::parse(stack.get("api", "/v1/dead-letters?limit=1&rule[ne]=encoding&file=" + first.id).body)["dead_letters"][0];
  EXPECT_EQ(left["attempts"], 2);
  EXPECT_EQ(left["retry"], done["id"]);

  // Twice: what is left fails again, a third time it is known.
  const Report report = stack.report();
  retry();
  EXPECT_EQ(retry()["state"], "duplicate");
  EXPECT_EQ(stack.report(), report);
}

TEST_F(DeadLettersEndToEnd, AreRetriedOnceThoughIngestIsKilledBeforeAndWhileItReadsThem) {
  const std::vector<BookingFile> files = {bookings.next_file(800)};
  const Receipt receipt = deliver(files[0]);
  mend();
  ASSERT_EQ(stack.stop("ingest"), 0);
  stack.start("ingest", {{"SLUICE_CRASH_POINT", "ingest.upload-kept"}});
  wait_until_ready("ingest");
  EXPECT_EQ(post("retry", kAll).status, 503);
  ASSERT_TRUE(eventually([&] { return !stack.running("ingest"); }));
  stack.start("ingest", {{"SLUICE_CRASH_POINT", "ingest.chunk-produced"}});
  ASSERT_TRUE(eventually([&] { return !stack.running("ingest"); })) << "it took the retry up by itself";
  stack.start("ingest");
  wait_until_ready("ingest");
  EXPECT_TRUE(eventually([&] { return count("state=open") == files[0].bad_lines.size(); })) << stack.log("ingest");
  expect_report();
  EXPECT_EQ(count("state=retried"), receipt.dead_letters - files[0].bad_lines.size());
  EXPECT_TRUE(eventually([&] { return stack.receipts()["bookings-retry.ndjson"].state == "done"; }));
  EXPECT_TRUE(stack.receipts()["bookings-retry.ndjson"].balances());
}

TEST_F(DeadLettersEndToEnd, AreGroupedShownWithTheirCellAndDiscardedWithAnAuditLine) {
  const BookingFile file = {"bookings-a.csv",
                            "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country\n"
                            "b1,r1,\"Café, 1\",c1,Ann,£11.30,2,03/02/2017,UK\n"
                            "b2,r1,\"Café, 1\",c1,Ann,£11.30,2,04/02/2017,UK\n"
                            "b3,r1,\"Café, 1\",c1,Ann,£11.30,two,03-02-2017,UK\n"
                            "b4,r1,\"Café, 1\",c1,Ann,£11.30,2,03-02-2017,UK\n",
                            4, {}};
  const Receipt receipt = deliver(file);
  const Json groups = Json::parse(stack.get("api", "/v1/dead-letters/groups?dataset=bookings").body)["groups"];
  ASSERT_EQ(groups.size(), 2U) << groups;
  EXPECT_EQ(groups[0]["rule"], "type.date");
  EXPECT_EQ(groups[0]["column"], "date");
  EXPECT_EQ(groups[0]["open"], 2);
  EXPECT_EQ(groups[0]["retriable"], 2);
  EXPECT_EQ(groups[1]["rule"], "type.integer");
  EXPECT_EQ(groups[1]["letters"], 1);
  EXPECT_EQ(stack.get("api", "/v1/dead-letters/groups?rule=x").status, 400);

  const std::string id = receipt.id + ":0:2";
  const Json shown = Json::parse(stack.get("api", "/v1/dead-letters/" + id).body);
  EXPECT_EQ(shown["row"], "b1,r1,\"Café, 1\",c1,Ann,£11.30,2,03/02/2017,UK");
  EXPECT_EQ(shown["cell"], (Json{{"start", 32}, {"length", 10}}));
  EXPECT_EQ(shown["retriable"], true);
  EXPECT_EQ(stack.get("api", "/v1/dead-letters/17-9f86d081884c:0:1").status, 404);

  const auto discarded = post("discard", R"({"dataset":"bookings","rule":"type.integer","note":"a test of theirs"})");
  EXPECT_EQ(discarded.status, 200);
  EXPECT_EQ(Json::parse(discarded.body)["discarded"], 1);
  EXPECT_EQ(count("state=open"), 2U);
  EXPECT_EQ(count("state=all"), 3U);
  const Json gone = Json::parse(stack.get("api", "/v1/dead-letters?state=discarded").body)["dead_letters"][0];
  EXPECT_EQ(gone["note"], "a test of theirs");
  EXPECT_TRUE(eventually([&] {
    const std::string log = stack.log("api");
    return log.find("1 dead letters of bookings") != std::string::npos &&
           log.find("POST /v1/dead-letters/discard") != std::string::npos;
  })) << stack.log("api");

  EXPECT_NE(sluice("groups --dataset bookings").find("type.date"), std::string::npos) << sluice("groups --dataset bookings");
  EXPECT_NE(sluice("show " + id).find("b1,r1,\"Café, 1\",c1,Ann,£11.30,2,03/02/2017,UK\n" + std::string(32, ' ') +
                                      "^^^^^^^^^^\n"),
            std::string::npos)
      << sluice("show " + id);

  // What was discarded is not retried.
  mend();
  EXPECT_EQ(sluice("retry --dataset bookings --dry-run"),
            "2 rows would be read once more by the definition as it is now.\n");
  EXPECT_EQ(sluice("retry --dataset bookings"),
            "2 of 2 rows are records now (2 new, 0 corrections, 0 duplicates).\n");
  ASSERT_TRUE(eventually([&] { return count("state=open") == 0; }));
  const auto nothing = post("retry", kAll);
  EXPECT_EQ(nothing.status, 200);
  EXPECT_EQ(Json::parse(nothing.body)["letters"], 0);
  EXPECT_EQ(post("retry", R"({"dataset":"bookings","colour":"red"})").status, 400);
  EXPECT_EQ(post("discard", "{}").status, 400);
}

TEST_F(DeadLettersEndToEnd, OfAFileAboveItsErrorBudgetAreShownAndNothingOfTheFileIsCounted) {
  const auto with_budget = [](std::string definition) { return definition + "errors: { max_rows: 500, max_share: 0.1 }\n"; };
  stack.write_definition("bookings.yaml", with_budget(settings_of_a_narrow_definition().definitions));
  const BookingFile file = bookings.next_file(600);
  // A definition is looked at every second; a file that comes before is read by the former one.
  ASSERT_TRUE(eventually([&] {
    const auto answer = http::post("127.0.0.1", static_cast<std::uint16_t>(stack.port("api")),
                                   "/v1/uploads?name=bookings-dry.csv&dry_run=true", file.content, {}, 60s);
    return answer && Json::parse(answer->body).value("error", Json()).is_string();
  }));
  stack.drop(file.name, file.content);
  ASSERT_TRUE(eventually([&] { return stack.receipts()[file.name].state == "failed"; })) << stack.log("ingest");
  const Receipt receipt = stack.receipts()[file.name];
  EXPECT_NE(receipt.error.find("of its 600 rows cannot become records, and the definition allows a share of 0.1"),
            std::string::npos)
      << receipt.error;
  EXPECT_NE(receipt.error.find("type.date in"), std::string::npos) << receipt.error;
  EXPECT_TRUE(eventually([&] { return stack.exists("data/failed/" + file.name); }));
  ASSERT_TRUE(eventually([&] { return count("file=" + receipt.id) == 100; }));
  EXPECT_TRUE(stack.report().empty());
  const Json dry = Json::parse(post("retry?dry_run=true", kAll).body);
  EXPECT_EQ(dry["letters"], 0);
  EXPECT_EQ(dry["not_retriable"][0]["letters"], 100);

  stack.write_definition("bookings.yaml", with_budget(bookings_definition()));
  ASSERT_TRUE(eventually([&] {
    const auto answer = http::post("127.0.0.1", static_cast<std::uint16_t>(stack.port("api")),
                                   "/v1/uploads?name=bookings-dry.csv&dry_run=true", file.content, {}, 60s);
    return answer && Json::parse(answer->body).value("error", Json()).is_null();
  }));
  stack.drop("bookings-again.csv", file.content);
  ASSERT_TRUE(eventually([&] { return stack.receipts()["bookings-again.csv"].state == "done"; })) << stack.log("ingest");
  EXPECT_EQ(stack.receipts()["bookings-again.csv"].dead_letters, file.bad_lines.size());
  expect_report();
}

}  // namespace
}  // namespace sluice::testing
