#include "services/ingest/definitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "services/ingest/temporary_folder.h"

namespace sluice::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string definition(const std::string& name, const std::string& files,
                       const std::string& more_fields = "") {
  return "dataset: " + name + "\nsource: { files: \"" + files +
         "\" }\nformat: csv\nkey: id\nrecords: { postgres: {} }\n" +
         "fields:\n  id: { type: string, required: true }\n" + more_fields;
}

class DefinitionsTest : public ::testing::Test {
 protected:
  // A file system's clock may be coarse: another size shows the change for certain.
  void write(const std::string& file, const std::string& text) {
    folder.write(file, text + std::string(++writes, '\n'));
  }

  TemporaryFolder folder;
  std::size_t writes = 0;
  bool kafka_away = false;
  std::vector<std::string> in_force, refused;
  Definitions definitions{{folder.path()},
                          [this](const Dataset& dataset) {
                            if (kafka_away) throw TaskBroken("no broker");
                            if (dataset.name == "unsafe")
                              throw Unsafe("its topic has other partitions");
                            if (dataset.name == "kept" && dataset.fields.size() > 1)
                              throw Unsafe("its state was built by another definition");
                          },
                          {[this](const Dataset& dataset) { in_force.push_back(dataset.name); },
                           [this](const std::string& message) { refused.push_back(message); }}};
};

TEST_F(DefinitionsTest, ANewFileStartsADataset) {
  write("a.yaml", definition("a", "a*.csv"));
  EXPECT_TRUE(definitions.reload());
  EXPECT_THAT(refused, IsEmpty());
  EXPECT_EQ(definitions.dataset_of("a1.csv").value(), "a");
  EXPECT_NE(definitions.find("a"), nullptr);
  write("b.yaml", definition("b", "b*.csv"));
  definitions.reload();
  definitions.reload();
  EXPECT_THAT(in_force, ElementsAre("a", "b"));
  EXPECT_THAT(refused, IsEmpty());
}

// As Kubernetes mounts a ConfigMap: links through a link, which is replaced to change all at once.
TEST_F(DefinitionsTest, AChangedConfigMapIsReadBehindItsLinks) {
  namespace fs = std::filesystem;
  const fs::path root = folder.path();
  const auto put = [&](const char* version, const std::string& name) {
    fs::create_directory(root / version);
    std::ofstream(root / version / (name + ".yaml")) << definition(name, name + "*.csv");
  };
  put("..1", "a");
  fs::create_directory_symlink("..1", root / "..data");
  fs::create_symlink("..data/a.yaml", root / "a.yaml");
  definitions.reload();
  EXPECT_THAT(in_force, ElementsAre("a"));
  put("..2", "a");
  put("..2", "b");
  fs::create_directory_symlink("..2", root / "..data_tmp");
  fs::rename(root / "..data_tmp", root / "..data");
  fs::create_symlink("..data/b.yaml", root / "b.yaml");
  definitions.reload();
  EXPECT_THAT(in_force, ElementsAre("a", "b"));
  EXPECT_THAT(refused, IsEmpty());
}

TEST_F(DefinitionsTest, ABrokenFileIsToldOnceWithItsLineAndTheOthersGoOn) {
  write("a.yaml", definition("a", "a*.csv"));
  write("b.yaml", definition("b", "b*.csv", "  n: { type: imaginary }\n"));
  definitions.reload();
  definitions.reload();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0], HasSubstr("b.yaml:8:"));
  EXPECT_NE(definitions.find("a"), nullptr);
  EXPECT_EQ(definitions.find("b"), nullptr);
}

TEST_F(DefinitionsTest, WhatRunsGoesOnWhenItsFileBreaks) {
  write("a.yaml", definition("a", "a*.csv"));
  definitions.reload();
  write("a.yaml", definition("a", "a*.csv", "  n: { type: imaginary }\n"));
  definitions.reload();
  EXPECT_NE(definitions.find("a"), nullptr);
  EXPECT_EQ(refused.size(), 1U);
}

TEST_F(DefinitionsTest, AChangeThatDoesNotFitTheRecordsThereAreIsRefused) {
  write("a.yaml", definition("a", "a*.csv"));
  definitions.reload();
  const auto running = definitions.find("a");
  write("a.yaml", definition("a", "a*.csv", "  n: { type: integer }\n"));
  definitions.reload();
  EXPECT_EQ(definitions.find("a"), running);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0], HasSubstr("the old definition stays in force"));
  definitions.reload();
  EXPECT_EQ(definitions.refused(), refused) << "it is logged once and shown as long as it is so";
}

TEST_F(DefinitionsTest, AReportThatChangesIsRebuiltAndFilesAreReadOn) {
  const std::string report = "reports: { r: { group_by: [id], measures: { n: ";
  write("a.yaml", definition("a", "a*.csv") + report + "count } } }\n");
  definitions.reload();
  const auto before = definitions.find("a");
  write("a.yaml", definition("a", "a*.csv") + report + "count(id) } } }\n");
  definitions.reload();
  ASSERT_NE(definitions.find("a"), nullptr);
  EXPECT_NE(definitions.find("a")->fingerprint, before->fingerprint);
  EXPECT_THAT(refused, IsEmpty());
}

TEST_F(DefinitionsTest, FilesOfADatasetWhoseDefinitionIsNotThatOfItsStateWaitUntilThatIsPutBack) {
  write("kept.yaml", definition("kept", "k*.csv", "  n: { type: integer }\n"));
  definitions.reload();
  EXPECT_EQ(definitions.find("kept"), nullptr);
  EXPECT_EQ(definitions.dataset_of("k1.csv").value(), "kept");
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0], HasSubstr("another definition"));
  write("kept.yaml", definition("kept", "k*.csv"));
  definitions.reload();
  EXPECT_NE(definitions.find("kept"), nullptr);
  EXPECT_EQ(refused.size(), 1U);
}

TEST_F(DefinitionsTest, OtherFilePatternsAreTakenOver) {
  write("a.yaml", definition("a", "a*.csv"));
  definitions.reload();
  write("a.yaml", definition("a", "other*.csv"));
  definitions.reload();
  EXPECT_EQ(definitions.dataset_of("other1.csv").value(), "a");
  EXPECT_FALSE(definitions.dataset_of("a1.csv").has_value());
}

TEST_F(DefinitionsTest, AFileThatNobodyTakesIsToldWhichPatternsThereAre) {
  EXPECT_THAT(definitions.dataset_of("x.csv").error().message, HasSubstr("no definition yet"));
  write("a.yaml", definition("a", "a*.csv"));
  EXPECT_THAT(definitions.dataset_of("x.csv").error().message,
              ::testing::AllOf(HasSubstr("a*.csv (a)"), HasSubstr("./sluice doctor"), EndsWith("drop the file again.")));
}

TEST_F(DefinitionsTest, AFileThatTwoTakeIsRefused) {
  write("a.yaml", definition("a", "*.csv"));
  write("b.yaml", definition("b", "b*.csv"));
  definitions.reload();
  EXPECT_THAT(definitions.dataset_of("b1.csv").error().message, HasSubstr("a and b"));
}

TEST_F(DefinitionsTest, ADefinitionThatCameWithItsFirstFileTakesIt) {
  definitions.reload();
  write("a.yaml", definition("a", "a*.csv"));
  EXPECT_EQ(definitions.dataset_of("a1.csv").value(), "a");
}

TEST_F(DefinitionsTest, WhileKafkaIsAwayFilesAreTakenAndWait) {
  kafka_away = true;
  write("a.yaml", definition("a", "a*.csv"));
  EXPECT_FALSE(definitions.reload());
  EXPECT_EQ(definitions.find("a"), nullptr);
  EXPECT_EQ(definitions.dataset_of("a1.csv").value(), "a");
  kafka_away = false;
  EXPECT_TRUE(definitions.reload());
  EXPECT_NE(definitions.find("a"), nullptr);
}

TEST_F(DefinitionsTest, ADatasetWhoseTopicsAreNotSafeIsRefusedAloneAndToldOnce) {
  write("a.yaml", definition("a", "a*.csv"));
  write("u.yaml", definition("unsafe", "u*.csv"));
  EXPECT_TRUE(definitions.reload());
  definitions.reload();
  EXPECT_NE(definitions.find("a"), nullptr);
  EXPECT_EQ(definitions.find("unsafe"), nullptr);
  EXPECT_EQ(refused.size(), 1U);
}

TEST_F(DefinitionsTest, ADefinitionThatIsTakenAwayTakesNoMoreFiles) {
  write("a.yaml", definition("a", "a*.csv"));
  definitions.reload();
  std::filesystem::remove(folder.path("a.yaml"));
  definitions.reload();
  EXPECT_EQ(definitions.find("a"), nullptr);
  EXPECT_FALSE(definitions.dataset_of("a1.csv").has_value());
}

TEST_F(DefinitionsTest, OneThatComesBackMeansWhatItMeantForTheOtherServicesGoOnWithThat) {
  const std::string first = definition("a", "a*.csv");
  write("a.yaml", first);
  definitions.reload();
  std::filesystem::remove(folder.path() + "/a.yaml");
  definitions.reload();
  write("a.yaml", definition("a", "a*.csv", "  n: { type: integer }\n"));
  definitions.reload();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_THAT(refused[0], HasSubstr("has changed while it runs"));
  EXPECT_EQ(definitions.find("a"), nullptr);
  write("a.yaml", first);
  definitions.reload();
  EXPECT_NE(definitions.find("a"), nullptr);
}

}  // namespace
}  // namespace sluice::ingest
