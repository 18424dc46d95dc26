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
  EXPECT_EQ(news.to_start.front()->name, "b");
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
  changes.not_started("a");
  EXPECT_EQ(changes.look(with({named("a")})).to_start.size(), 1U);
}

}  // namespace
}  // namespace sluice::transform
