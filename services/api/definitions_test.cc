#include "services/api/definitions.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/definition/definition_parser.h"

namespace sluice::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kDefinition = R"(dataset: visits
source: { files: "visits*.csv" }
format: csv
key: id
event_time: day
fields:
  id:    { type: integer, required: true }
  place: { type: string, required: true }
  day:   { type: date, required: true, formats: ["%Y-%m-%d"] }
reports:
  visits_by_month:
    group_by: [place]
    window: { tumbling: month, name: month }
    measures: { visits: count }
    sinks: { postgres: {} }
)";

class DefinitionsTest : public testing::Test {
 protected:
  DefinitionsTest() { std::filesystem::create_directories(folder_); }
  ~DefinitionsTest() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  static std::vector<std::string> reports(const Definitions& definitions) {
    std::vector<std::string> out;
    for (const auto& [name, report] : definitions.current()->reports) out.push_back(name);
    return out;
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("sluice-definitions-" + std::to_string(::getpid()));
};

TEST_F(DefinitionsTest, ANewFileIsSeenByTheNextReload) {
  Definitions definitions({folder_.string()});
  EXPECT_THAT(reports(definitions), IsEmpty());
  write("visits.yaml", kDefinition);
  EXPECT_EQ(definitions.reload(), "");
  EXPECT_THAT(reports(definitions), ElementsAre("visits_by_month"));
  EXPECT_NE(definitions.current()->openapi.find("/v1/reports/visits_by_month"), std::string::npos);
}

TEST_F(DefinitionsTest, ABrokenFileLeavesWhatWasThereAndSaysWhy) {
  write("visits.yaml", kDefinition);
  Definitions definitions({folder_.string()});
  write("visits.yaml", "dataset: [broken");
  EXPECT_THAT(definitions.reload(), HasSubstr("visits.yaml"));
  EXPECT_THAT(definitions.reload(), HasSubstr("visits.yaml"));
  EXPECT_THAT(reports(definitions), ElementsAre("visits_by_month"));
}

std::string changed(const std::string& from, const std::string& to) {
  std::string out = kDefinition;
  return out.replace(out.find(from), from.size(), to);
}

TEST_F(DefinitionsTest, WhatChangesItsMeaningIsServedAsItRuns) {
  write("visits.yaml", kDefinition);
  Definitions definitions({folder_.string()});
  write("visits.yaml", changed("group_by: [place]", "group_by: [place, id]"));
  EXPECT_THAT(definitions.reload(),
              AllOf(HasSubstr("visits.yaml: what dataset 'visits' means has changed while it runs"),
                    HasSubstr("the old definition stays in force")));
  EXPECT_THAT(definitions.reload(), HasSubstr("'visits'")) << "it is told as long as it is so";
  const auto& columns = definitions.current()->reports.at("visits_by_month").table.columns;
  EXPECT_EQ(columns.size(), 3u) << "place, month and visits, as the table has them";
  write("visits.yaml", kDefinition + std::string("# put back\n"));
  EXPECT_EQ(definitions.reload(), "");
}

TEST_F(DefinitionsTest, AReportIsServedByTheDefinitionThatIsLiveUntilAnotherIs) {
  const Dataset old = parse_definition(kDefinition, "visits.yaml").value();
  write("visits.yaml", changed("group_by: [place]", "group_by: [place, id]"));
  Definitions definitions({folder_.string()});
  EXPECT_THAT(definitions.reload(Definitions::LiveDefinitions{{"visits", {old.fingerprint, old.path, old.text}}}),
              HasSubstr("they are rebuilt beside the old ones"));
  const auto columns = [&] { return definitions.current()->reports.at("visits_by_month").table.columns.size(); };
  EXPECT_EQ(columns(), 3u) << "also where the api was started after the change";
  EXPECT_THAT(definitions.reload(), HasSubstr("rebuilt")) << "what is not known now stays";
  const Dataset now = load_definition((folder_ / "visits.yaml").string()).value();
  EXPECT_EQ(definitions.reload(Definitions::LiveDefinitions{{"visits", {now.fingerprint, now.path, now.text}}}), "");
  EXPECT_EQ(columns(), 4u);
}

TEST_F(DefinitionsTest, AReportsOtherSinksAreTakenWhileItRuns) {
  write("visits.yaml", kDefinition);
  Definitions definitions({folder_.string()});
  EXPECT_FALSE(definitions.current()->reports.at("visits_by_month").exported);
  write("visits.yaml", changed("sinks: { postgres: {} }",
                               "sinks: { postgres: {}, export: { folder: exports } }"));
  EXPECT_EQ(definitions.reload(), "");
  EXPECT_TRUE(definitions.current()->reports.at("visits_by_month").exported);
}

TEST_F(DefinitionsTest, ABrokenFileKeepsNoGoodOneFromComing) {
  Definitions definitions({folder_.string()});
  write("broken.yaml", "dataset: [broken");
  write("visits.yaml", kDefinition);
  EXPECT_THAT(definitions.reload(), HasSubstr("broken.yaml"));
  EXPECT_THAT(reports(definitions), ElementsAre("visits_by_month"));
}

TEST_F(DefinitionsTest, ABrokenFileAtTheStartHidesNoGoodOne) {
  write("broken.yaml", "dataset: [broken");
  write("visits.yaml", kDefinition);
  Definitions definitions({folder_.string()});
  EXPECT_THAT(reports(definitions), ElementsAre("visits_by_month"));
  EXPECT_THAT(definitions.reload(), HasSubstr("broken.yaml"));
}

}  // namespace
}  // namespace sluice::api
