// What a user with kcat finds on the topics, and what docs/topics.md tells such a user to do. Files of every fate are
// dropped here; topics_check.py reads the topics then, by the page's own commands, against schemas/topics.
#include <archive.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "common/adapters/archive/test_packing.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

const std::string kSource = SLUICE_SOURCE_FOLDER;
constexpr const char* kHeader =
    "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country\r\n";
// A field of every type, with and without null.
constexpr const char* kVisits = R"(dataset: visits
source: { files: "visits*.ndjson" }
format: ndjson
key: [visit, at]
event_time: at
fields:
  visit:   { type: integer, required: true, min: 1 }
  at:      { type: timestamp, required: true }
  page:    { type: string, one_of: [home, shop] }
  cost:    { type: decimal, max: 100, scale: 2 }
  paid:    { type: money }
  day:     { type: date }
  robot:   { type: boolean }
  tags:    { type: list }
reports:
  visits_by_day:
    window: { tumbling: day, name: day_of_visit }
    measures: { visits: count, cost: sum(cost), latest: max(at), robots: count(where robot) }
)";

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

StackSettings with_the_shipped_bookings(StackSettings settings) {
  settings.definitions = content_of(kSource + "/schemas/bookings.yaml");
  return settings;
}

class Topics : public ::testing::Test {
 protected:
  Topics() { stack.write_definition("visits.yaml", kVisits); }

  void drop(const std::string& name, const std::string& content) {
    stack.drop(name, content);
    const bool settled = eventually([&] {
      const auto all = stack.receipts();
      const auto found = all.find(name);
      return found != all.end() && (found->second.state == "done" || found->second.state == "duplicate" ||
                                    found->second.state == "failed");
    });
    ASSERT_TRUE(settled) << name << " never settled\n" << stack.log("ingest");
  }
  void feed() {
    const std::string header = kHeader;
    const std::string first = header +
                              "b1,r1,Alpha,c1,Ann,\"90,04 €\",2,31/01/2017,Italia\r\n"
                              "b2,r4,Delta,c1,Ann,\"9,96 €\",3,01/01/2017,France\r\n"
                              "b3,r2,\"Caffè, Wien\",,,\"1.234,50 €\",4,05-02-2017,Austria\r\n"
                              "b4,r2,\"Caffè, Wien\",,,a lot,4,06/02/2017,Austria\r\n"
                              "b5,r2,\"Caffè, Wien\",,,\"5,00 €\",4,31/02/2017,Austria\r\n";
    drop("bookings.csv", first);
    // A row that has not come yet is not taken back.
    ASSERT_TRUE(eventually([&] { return stack.report().size() == 3; }));
    drop("bookings-corrected.csv", header + "b1,r3,Beta,c1,Ann,£12.34,4,01/02/1969,Italia\r\n");
    drop("bookings-again.csv", first);
    drop("bookings-header.csv", "booking,restaurant\r\n1,2\r\n");
    drop("nobodys.csv", "a,b\n1,2\n");
    drop("bookings-messy.csv", messy.next_file(300).content);
    drop("bookings.zip", archive::packed_files(archive_write_set_format_zip, nullptr,
                                               {{"one/bookings-1.csv", messy.next_file(20).content},
                                                {"bookings-2.csv", "booking,restaurant\r\n1,2\r\n"}}));
    drop("visits.ndjson",
         "{\"visit\":1,\"at\":\"2024-01-31T10:00:00Z\",\"page\":\"home\",\"cost\":0.1,\"paid\":\"£11.30\",\"day\":\"2024-02-29\","
         "\"robot\":false,\"tags\":[\"a\",\"ö\"]}\n"
         "{\"visit\":2,\"at\":\"2024-01-31T10:00:00Z\"}\n"
         "{\"visit\":0,\"at\":\"2024-01-31T10:00:00Z\"}\n");
  }

  const StackSettings settings = with_the_shipped_bookings(fresh_stack_settings());
  Stack stack{settings};
  BookingsGenerator messy{20261130, {.duplicates = 0.1, .corrections = 0.1, .bad = 0.1}};
};

TEST_F(Topics, AreAsTheirSchemasSayAndTheDocumentsCommandsDoWhatTheySay) {
  stack.start_all();
  for (const char* service : Stack::kServices) {
    ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
        << service << ":\n" << stack.log(service);
  }
  feed();
  if (HasFatalFailure()) return;
  // The interpreter that Debian's packages of the validator and the client belong to.
  const std::string command = "KAFKA=" + settings.kafka + " SLUICE_TOPIC_PREFIX=" + settings.topic_prefix +
                              " SLUICE_API=http://127.0.0.1:" + std::to_string(stack.port("api")) + " SLUICE_DATA_IN=" +
                              stack.home() + "/data/in SLUICE_DEFINITIONS=" + stack.home() + "/schemas /usr/bin/python3 '" +
                              kSource + "/tests/e2e/topics_check.py'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace sluice::testing
