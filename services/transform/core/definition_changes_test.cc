#include "services/transform/core/definition_changes.h"

#include <gtest/gtest.h>

#include "services/transform/core/test_dataset.h"

namespace sluice::transform {
namespace {

LoadedDefinitions with(std::vector<Dataset> datasets, std::vector<DefinitionError> errors = {}) {
  return {std::move(datasets), std::move(errors)};
}
Dataset named(const std::string& name, const std::string& fingerprint = "f1") {
  Dataset dataset = *testing::visits();
  dataset.name = name;
  dataset.fingerprint = fingerprint;
  return dataset;
}

TEST(DefinitionChanges, ADefinitionIsStartedOnce) {
  DefinitionChanges changes;
  EXPECT_EQ(changes.look(with({named("a")})).to_start.size(), 1U);
  EXPECT_EQ(changes.look(with({named("a")})).to_start.size(), 0U);
  const auto news = changes.look(with({named("a"), named("b")}));
  ASSERT_EQ(news.to_start.size(), 1U);
  EXPECT_EQ(news.to_start.front().dataset->name, "b");
  EXPECT_TRUE(news.complaints.empty());
}

TEST(DefinitionChanges, ABrokenFileIsToldOnceWithItsPlaceAndLeavesTheRestRunning) {
  DefinitionChanges changes;
  changes.look(with({named("a")}));
  const DefinitionError error{"schemas/a.yaml", 3, 5, "unknown key"};
  const auto news = changes.look(with({}, {error}));
  EXPECT_EQ(news.complaints, std::vector<std::string>{to_string(error)});
  EXPECT_TRUE(changes.look(with({}, {error})).complaints.empty());
  EXPECT_TRUE(changes.look(with({named("a")})).to_start.empty()) << "it never stopped";
  EXPECT_EQ(changes.look(with({}, {error})).complaints.size(), 1U) << "broken again";
}

TEST(DefinitionChanges, AChangedMeaningOrAMissingFileIsAComplaintOnly) {
  DefinitionChanges changes;
  changes.look(with({named("a")}));
  const auto changed = changes.look(with({named("a", "f2")}));
  EXPECT_TRUE(changed.to_start.empty());
  EXPECT_EQ(changed.complaints.size(), 1U);
  EXPECT_EQ(changes.look(with({})).complaints.size(), 1U);
}

TEST(DefinitionChanges, ALookupInADatasetThatRunsWithoutGivingItWaitsForAnother) {
  Dataset reader = named("reader");
  reader.reports.front().derive = LookupSpec{"source", {}, {}, {}, {}};
  Dataset giving = named("source");
  giving.feeds.push_back({reader.name, reader.reports.front().name, 1, {}});

  DefinitionChanges together;
  EXPECT_EQ(together.look(with({reader, giving})).to_start.size(), 2U);

  DefinitionChanges later;
  later.look(with({named("source")}));
  const auto news = later.look(with({reader, giving}));
  EXPECT_TRUE(news.to_start.empty()) << "what the source has sent already would be missing";
  ASSERT_EQ(news.complaints.size(), 1U);
  EXPECT_NE(news.complaints.front().find("looks up 'source'"), std::string::npos);
  EXPECT_TRUE(later.is_running("source"));
}

TEST(DefinitionChanges, WhatCouldNotBeStartedIsTriedAgain) {
  DefinitionChanges changes;
  changes.look(with({named("a")}));
  changes.not_started({"a", 1});
  EXPECT_EQ(changes.look(with({named("a")})).to_start.size(), 1U);
}

constexpr const char* kDefinition =
    "dataset: a\nsource: { files: \"a*\" }\nformat: csv\nkey: id\nfields:\n  id: { type: integer, required: true }\n"
    "  n: { type: integer, required: true }\nreports:\n  r:\n    group_by: [id]\n    measures: { n: ";

Dataset counted(const std::string& measure) {
  return parse_definition(kDefinition + measure + " }\n", "schemas/a.yaml").value();
}
Generation generation(int number, const Dataset& by) {
  return {number, by.fingerprint, by.path, by.text, {}};
}
std::vector<int> started(const DefinitionChanges::News& news) {
  std::vector<int> out;
  for (const auto& start : news.to_start) out.push_back(start.generation);
  return out;
}

TEST(DefinitionChanges, AChangedReportIsBuiltBesideTheOldOneAndTakesItsPlace) {
  const Dataset old = counted("sum(n)"), changed = counted("max(n)");
  GenerationsByDataset known{{"a", {"a", generation(1, old), std::nullopt, 0, false}}};
  DefinitionChanges changes;
  EXPECT_EQ(started(changes.look(with({old}), known)), std::vector<int>{1});

  EXPECT_TRUE(changes.look(with({changed}), known).to_start.empty());
  known["a"].building = generation(2, changed);
  const auto beside = changes.look(with({changed}), known);
  ASSERT_EQ(started(beside), std::vector<int>{2});
  EXPECT_EQ(beside.to_start[0].dataset->fingerprint, changed.fingerprint);
  EXPECT_TRUE(beside.to_stop.empty());
  ASSERT_EQ(changes.wrong().size(), 1U);
  EXPECT_NE(changes.wrong().begin()->find("are rebuilt beside the old ones"), std::string::npos);

  known["a"] = {"a", generation(2, changed), std::nullopt, 1, false};
  const auto swapped = changes.look(with({changed}), known);
  EXPECT_EQ(swapped.to_stop, (std::vector<PipelineId>{{"a", 1}}));
  EXPECT_TRUE(swapped.to_start.empty());
  EXPECT_TRUE(changes.wrong().empty());
}

TEST(DefinitionChanges, AfterARestartTheOldReportIsMadeByTheDefinitionThatWasKept) {
  const Dataset old = counted("sum(n)"), changed = counted("max(n)");
  const GenerationsByDataset known{
      {"a", {"a", generation(3, old), generation(4, changed), 2, false}}};
  DefinitionChanges changes;
  const auto news = changes.look(with({changed}), known);
  ASSERT_EQ(started(news), (std::vector<int>{3, 4}));
  EXPECT_EQ(news.to_start[0].dataset->fingerprint, old.fingerprint);
  EXPECT_EQ(news.to_start[1].dataset->fingerprint, changed.fingerprint);
}

TEST(DefinitionChanges, OfOtherFieldsTheOldDefinitionGoesOnAndTheChangedOneIsRefused) {
  const Dataset old = counted("sum(n)");
  std::string text = old.text;
  text.replace(text.find("  n: { type: integer"), 20, "  n: { type: decimal");
  const Dataset changed = parse_definition(text, "schemas/a.yaml").value();
  EXPECT_FALSE(can_rebuild(old, changed));
  EXPECT_TRUE(can_rebuild(old, counted("count")));
  const GenerationsByDataset known{{"a", {"a", generation(1, old), std::nullopt, 0, false}}};
  DefinitionChanges changes;
  const auto news = changes.look(with({changed}), known);
  ASSERT_EQ(started(news), std::vector<int>{1});
  EXPECT_EQ(news.to_start[0].dataset->fingerprint, old.fingerprint);
  ASSERT_EQ(changes.wrong().size(), 1U);
  EXPECT_NE(changes.wrong().begin()->find("has changed while it runs"), std::string::npos);
}

}  // namespace
}  // namespace sluice::transform
