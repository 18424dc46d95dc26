#include "services/ingest/core/s3_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::shared_ptr<const Dataset> dataset(const std::string& name, const std::string& files,
                                       std::optional<S3Source> s3) {
  auto out = std::make_shared<Dataset>();
  out->name = name;
  out->files = {files};
  out->s3 = std::move(s3);
  return out;
}

S3Settings landing() {
  S3Settings settings;
  settings.bucket = "landing";
  return settings;
}

TEST(S3TargetsTest, TheInstallationsBucketIsASourceForEveryDefinition) {
  const S3Targets targets(landing(), {dataset("a", "a*.csv", std::nullopt)});
  const S3Target* target = targets.of("landing", "in/sub/anything.csv");
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->dataset, nullptr);
  EXPECT_EQ(target->after, AfterReading::kMove);
  EXPECT_EQ(targets.of("landing", "data/out.csv"), nullptr);
  EXPECT_EQ(targets.of("other", "in/a.csv"), nullptr);
}

TEST(S3TargetsTest, WhatWeMadeOurselvesFoldersAndTemporaryNamesAreNoSources) {
  S3Settings whole = landing();
  whole.prefix = "";
  const S3Targets targets(whole, {});
  EXPECT_NE(targets.of("landing", "a.csv"), nullptr);
  for (const char* key : {"archive/a.csv", "failed/a.csv", "in/", "", "in/a.csv.part", "in/.a.csv"}) {
    EXPECT_EQ(targets.of("landing", key), nullptr) << key;
  }
}

TEST(S3TargetsTest, TheLongestPrefixCountsAndADefinitionTakesItsOwnNamesOnly) {
  const auto events =
      dataset("events", "part-*.json", S3Source{"", "in/events/", AfterReading::kTag});
  const S3Targets targets(landing(), {events});
  EXPECT_EQ(targets.of("landing", "in/events/part-1.json")->dataset, events);
  EXPECT_EQ(targets.of("landing", "in/events/notes.txt")->dataset, nullptr);
  EXPECT_THAT(targets.listings(), ElementsAre(Pair("landing", "in/")));
}

TEST(S3TargetsTest, EachBucketAndPrefixIsListedOnce) {
  const S3Targets targets(landing(), {dataset("a", "*", S3Source{"b", "x/", {}}),
                                      dataset("c", "*", S3Source{"b", "x/", {}}),
                                      dataset("d", "*", S3Source{"b", "y/", {}})});
  EXPECT_THAT(targets.listings(),
              ElementsAre(Pair("b", "x/"), Pair("b", "y/"), Pair("landing", "in/")));
}

TEST(S3TargetsTest, ADefinitionWithoutABucketNeedsTheInstallationsOwn) {
  EXPECT_TRUE(S3Targets({}, {dataset("a", "*", S3Source{"", "x/", {}})}).empty());
}

TEST(S3HintTest, ObjectsAreFoundInEachShapeOfAnEvent) {
  EXPECT_THAT(*parse_hint(R"({"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"in/a+b%2B.csv"}}}]})"),
              ElementsAre(Pair("b", "in/a b+.csv")));
  EXPECT_THAT(*parse_hint(R"({"detail":{"bucket":{"name":"b"},"object":{"key":"in/a+b.csv"}}})"),
              ElementsAre(Pair("b", "in/a+b.csv")));
  EXPECT_THAT(*parse_hint(R"({"key":"/buckets/landing/in/a b.csv","event_type":"create","message":{}})"),
              ElementsAre(Pair("landing", "in/a b.csv")));
}

TEST(S3HintTest, ATestEventNamesNothingAndWhatIsNoObjectIsNoHint) {
  EXPECT_TRUE(parse_hint(R"({"Event":"s3:TestEvent"})")->empty());
  EXPECT_TRUE(parse_hint(R"({"Records":[1,{"s3":3}]})")->empty());
  EXPECT_FALSE(parse_hint("[]"));
  EXPECT_FALSE(parse_hint("{"));
}

}  // namespace
}  // namespace sluice::ingest
