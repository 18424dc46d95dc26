#include "common/runtime/definition_check.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/model/commit_record.h"
#include "tests/support/memory_log.h"

namespace sluice {
namespace {

class DefinitionCheck : public ::testing::Test {
 protected:
  DefinitionCheck() {
    dataset.name = "visits";
    dataset.path = "schemas/visits.yaml";
    dataset.partitions = 2;
    dataset.fingerprint = "f1";
    log.create_topic(topics.commits("visits"), 2);
  }
  void commit(std::uint64_t transaction, const std::string& fingerprint,
              std::vector<std::string> feeds = {}) {
    CommitRecord record;
    record.task = "visits-stage1-1";
    record.transaction = transaction;
    record.previous = transaction - 1;
    record.partitions = 2;
    record.fingerprint = fingerprint;
    record.feeds = std::move(feeds);
    const std::string json = to_json(record);
    OutgoingRecord out;
    out.key = record.task;
    out.value = json;
    log.plain_producer()->send(topics.commits("visits"), 1, out);
  }

  Topics topics{"test"};
  testing::FaultPlan faults;
  testing::MemoryLog log{faults};
  Dataset dataset;
};

TEST_F(DefinitionCheck, ADatasetWithoutStateMayHaveAnyDefinition) {
  EXPECT_NO_THROW(check_definition(log, topics, dataset));
}

TEST_F(DefinitionCheck, TheDefinitionThatMadeTheStateGoesOn) {
  commit(1, "f1");
  commit(2, "f1");
  EXPECT_NO_THROW(check_definition(log, topics, dataset));
}

TEST_F(DefinitionCheck, AnotherDefinitionThanThatOfTheStateIsRefusedUntilItIsPutBack) {
  commit(1, "f1");
  dataset.fingerprint = "f2";
  try {
    check_definition(log, topics, dataset);
    FAIL() << "the changed definition was accepted";
  } catch (const Unsafe& error) {
    EXPECT_NE(std::string(error.what()).find("Put the old definition back"), std::string::npos);
  }
  dataset.fingerprint = "f1";
  EXPECT_NO_THROW(check_definition(log, topics, dataset));
}

TEST_F(DefinitionCheck, WaitsForNoTransactionThatIsOpenAndHeedsWhatIsCommittedBeforeIt) {
  commit(1, "f1");
  auto producer = log.transactional_producer("test-visits-stage1-1");
  const TopicPartition commits{topics.commits("visits"), 1};
  producer->take_over(std::vector{commits});
  producer->begin();
  OutgoingRecord lost;
  lost.key = "visits-stage1-1";
  lost.value = "{}";
  producer->produce(producer->topic(commits.topic), 1, lost);
  log.lose_transaction("test-visits-stage1-1");
  EXPECT_NO_THROW(check_definition(log, topics, dataset));
  dataset.fingerprint = "f2";
  EXPECT_THROW(check_definition(log, topics, dataset), Unsafe);
}

TEST_F(DefinitionCheck, TheOthersFollowTransformAlsoBeforeTheFirstRecord) {
  EXPECT_NO_THROW(check_definition_is_transforms(log, topics, dataset)) << "transform has not come yet";
  tell_definition(log, topics, dataset);
  EXPECT_NO_THROW(check_definition_is_transforms(log, topics, dataset));
  Dataset changed = dataset;
  changed.fingerprint = "f2";
  EXPECT_THROW(check_definition_is_transforms(log, topics, changed), Unsafe);
  EXPECT_NO_THROW(check_definition(log, topics, changed)) << "nothing is made of the first yet: transform may change";
  tell_definition(log, topics, changed);
  EXPECT_NO_THROW(check_definition_is_transforms(log, topics, changed));
  EXPECT_THROW(check_definition_is_transforms(log, topics, dataset), Unsafe);
}

TEST_F(DefinitionCheck, AnotherNumberOfPartitionsThanThatOfTheStateIsRefused) {
  commit(1, "f1");
  dataset.partitions = 4;
  EXPECT_THROW(check_definition(log, topics, dataset), Unsafe);
}

TEST_F(DefinitionCheck, OnlyReportsThatWereThereFromTheFirstRecordOnLookADatasetUp) {
  dataset.feeds = {{"early", "report", 1, {}}, {"late", "report", 1, {}}};
  drop_late_feeds(log, topics, dataset);
  EXPECT_EQ(dataset.feeds.size(), 2U) << "no record has been taken yet";
  commit(1, "f1", {"early/report"});
  drop_late_feeds(log, topics, dataset);
  ASSERT_EQ(dataset.feeds.size(), 1U);
  EXPECT_EQ(dataset.feeds.front().dataset, "early");
}

}  // namespace
}  // namespace sluice
