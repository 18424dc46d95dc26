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
  void commit(std::uint64_t transaction, const std::string& fingerprint) {
    CommitRecord record;
    record.task = "visits-stage1-1";
    record.transaction = transaction;
    record.previous = transaction - 1;
    record.partitions = 2;
    record.fingerprint = fingerprint;
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

TEST_F(DefinitionCheck, AnotherNumberOfPartitionsThanThatOfTheStateIsRefused) {
  commit(1, "f1");
  dataset.partitions = 4;
  EXPECT_THROW(check_definition(log, topics, dataset), Unsafe);
}

}  // namespace
}  // namespace sluice
