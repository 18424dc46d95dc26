#include "common/model/topics.h"

#include <gtest/gtest.h>

#include <set>

namespace sluice {
namespace {

TEST(Topics, AreNamedByDatasetOrReportAndStage) {
  const Topics topics;
  EXPECT_EQ(topics.files(), "sluice.files.v1");
  EXPECT_EQ(topics.discoveries(), "sluice.discoveries.v1");
  EXPECT_EQ(topics.announcements(), "sluice.announcements.v1");
  EXPECT_EQ(topics.file_counts(), "sluice.file-counts.v1");
  EXPECT_EQ(topics.ingest_commits(), "sluice.ingest-commits.v1");
  EXPECT_EQ(topics.records("bookings"), "sluice.bookings.records.v1");
  EXPECT_EQ(topics.dead_letters("bookings"), "sluice.bookings.dead-letters.v1");
  EXPECT_EQ(topics.commits("bookings"), "sluice.bookings.commits.v1");
  EXPECT_EQ(topics.deltas("bookings"), "sluice.bookings.deltas.v1");
  EXPECT_EQ(topics.state("bookings"), "sluice.bookings.state.v1");
  EXPECT_EQ(topics.rows("monthly_restaurants_report"), "sluice.monthly-restaurants-report.rows.v1");
  EXPECT_EQ(topics.generations(), "sluice.generations.v1");
  EXPECT_EQ(Topics("test-7").files(), "test-7.files.v1");
}

TEST(Topics, WhatLiesBehindTheRecordsHasItsGenerationInItsName) {
  const Topics first, third = first.of_generation(3);
  EXPECT_EQ(first.of_generation(1).rows("monthly"), first.rows("monthly"));
  EXPECT_EQ(third.commits("bookings"), "sluice.bookings.commits.g3.v1");
  EXPECT_EQ(third.deltas("bookings"), "sluice.bookings.deltas.g3.v1");
  EXPECT_EQ(third.state("bookings"), "sluice.bookings.state.g3.v1");
  EXPECT_EQ(third.entities("bookings"), "sluice.bookings.entities.g3.v1");
  EXPECT_EQ(third.entity_state("bookings"), "sluice.bookings.entity-state.g3.v1");
  EXPECT_EQ(third.rows("monthly_report"), "sluice.monthly-report.rows.g3.v1");
  EXPECT_EQ(third.records("bookings"), first.records("bookings"));
  EXPECT_EQ(third.dead_letters("bookings"), first.dead_letters("bookings"));
  EXPECT_EQ(third.file_counts(), first.file_counts());
  EXPECT_EQ(generation_topics(third, "bookings", {"monthly"}, 2, true).size(), 6U);
}

const TopicSettings& find(const std::vector<TopicSettings>& all, const std::string& name) {
  for (const TopicSettings& topic : all) {
    if (topic.name == name) return topic;
  }
  throw std::runtime_error(name + " is missing");
}

TEST(Topics, WhatIsStateIsCompactedAndWhatIsHistoryIsKept) {
  const Topics t;
  std::vector<TopicSettings> all = installation_topics(t, 4);
  for (TopicSettings& topic : dataset_topics(t, "bookings", {"monthly", "daily"}, 6)) {
    all.push_back(std::move(topic));
  }
  EXPECT_EQ(all.size(), 13U);
  const std::set<std::string> state = {
      t.files(),           t.ingest_commits(), t.commits("bookings"), t.generations(),
      t.state("bookings"), t.rows("monthly"),  t.rows("daily")};
  for (const TopicSettings& topic : all) {
    const bool compacted = state.contains(topic.name);
    EXPECT_EQ(topic.config.at("cleanup.policy"), compacted ? "compact" : "delete") << topic.name;
    EXPECT_EQ(topic.config.at("max.message.bytes"), "10485760") << topic.name;
    if (compacted) continue;
    EXPECT_EQ(topic.config.at("retention.ms"), "-1") << topic.name;
    EXPECT_EQ(topic.config.at("retention.bytes"), "-1") << topic.name;
    EXPECT_EQ(topic.config.at("segment.ms"), "9223372036854775807") << topic.name;
  }
}

TEST(Topics, WhatIsReadTogetherHasEquallyManyPartitions) {
  const Topics t;
  const auto installation = installation_topics(t, 4);
  EXPECT_EQ(find(installation, t.discoveries()).partitions, 1);
  EXPECT_EQ(find(installation, t.generations()).partitions, 1);
  for (const std::string& name :
       {t.files(), t.announcements(), t.file_counts(), t.ingest_commits()}) {
    EXPECT_EQ(find(installation, name).partitions, 4) << name;
  }
  const auto dataset = dataset_topics(t, "bookings", {"monthly"}, 6);
  EXPECT_EQ(dataset.size(), 6U);
  for (const TopicSettings& topic : dataset) EXPECT_EQ(topic.partitions, 6) << topic.name;
}

}  // namespace
}  // namespace sluice
