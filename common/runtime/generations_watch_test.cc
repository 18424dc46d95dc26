#include "common/runtime/generations_watch.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/definition/definition_parser.h"
#include "tests/support/memory_log.h"

namespace sluice {
namespace {

Dataset counted(const std::string& type, const std::string& measure) {
  return parse_definition("dataset: a\nsource: { files: \"a*\" }\nformat: csv\nkey: id\nfields:\n"
                          "  id: { type: integer, required: true }\n  n: { type: " + type + ", required: true }\n"
                          "reports: { r: { group_by: [id], measures: { n: " + measure + " } } }\n", "a.yaml").value();
}

class GenerationsWatchTest : public ::testing::Test {
 protected:
  GenerationsWatchTest() {
    log.create_topic(topics.generations(), 1);
    log.create_topic(topics.commits("a"), 2);
  }
  void tell(const DatasetGenerations& generations) {
    const std::string json = to_json(generations);
    OutgoingRecord out;
    out.key = generations.dataset;
    out.value = json;
    log.plain_producer()->send(topics.generations(), 0, out);
  }

  Topics topics{"test"};
  testing::FaultPlan faults;
  testing::MemoryLog log{faults};
  GenerationsWatch watch{log, topics};
};

TEST_F(GenerationsWatchTest, KnowsTheNewestOfEachDatasetAsOfItsLastLook) {
  watch.look();
  EXPECT_FALSE(watch.find("a"));
  EXPECT_EQ(watch.known("a").live, 1) << "a dataset begins with generation 1";
  DatasetGenerations a{"a", {1, "f", "a.yaml", "", {}}, std::nullopt, 0, false};
  tell(a);
  a.building = Generation{2, "f", "a.yaml", "", {}};
  tell(a);
  EXPECT_FALSE(watch.find("a"));
  watch.look();
  EXPECT_EQ(watch.find("a"), a);
  EXPECT_EQ(watch.known("a").building, 2);
  a = {"a", {2, "f", "a.yaml", "", {}}, std::nullopt, 1, false};
  tell(a);
  watch.look();
  EXPECT_EQ(watch.known("a").live, 2);
  EXPECT_EQ(watch.all().size(), 1U);
}

TEST_F(GenerationsWatchTest, ADefinitionFitsIfItsReportsCanBeBuiltFromTheRecordsThatThereAre) {
  const Dataset first = counted("integer", "sum(n)");
  EXPECT_NO_THROW(check_definition_fits(log, topics, watch, first)) << "nothing is known of it yet";
  tell({"a", {1, first.fingerprint, "a.yaml", first.text, {}}, std::nullopt, 0, false});
  watch.look();
  EXPECT_NO_THROW(check_definition_fits(log, topics, watch, first));
  EXPECT_NO_THROW(check_definition_fits(log, topics, watch, counted("integer", "max(n)")));
  EXPECT_THROW(check_definition_fits(log, topics, watch, counted("decimal", "sum(n)")), Unsafe);
}

}  // namespace
}  // namespace sluice
