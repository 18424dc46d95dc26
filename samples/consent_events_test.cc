#include "samples/consent_events.h"

#include <gtest/gtest.h>

#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

std::string all_of(const Files& files) {
  std::string all;
  for (const auto& [name, content] : files) all += content + '\n';
  return all;
}

TEST(ConsentEventsSample, IsTheSameEachTime) {
  EXPECT_EQ(files_of(consent_events, 600), files_of(consent_events, 600));
}

TEST(ConsentEventsSample, IsAFileInAFolderForEachHour) {
  const Files files = files_of(consent_events, 600);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_TRUE(files.begin()->first.starts_with("datehour=2021-01-23-10/part-00000-"));
  EXPECT_TRUE(files.rbegin()->first.starts_with("datehour=2021-01-23-11/part-00000-"));
}

TEST(ConsentEventsSample, FilesEndWithoutALineBreak) {
  for (const auto& [name, content] : files_of(consent_events, 600)) {
    EXPECT_EQ(lines_of(content).size(), 300U) << name;
    EXPECT_NE(content.back(), '\n') << name;
  }
}

TEST(ConsentEventsSample, TokenIsJsonInAString) {
  EXPECT_GT(count(all_of(files_of(consent_events, 600)), R"("token":"{\"vendors\":{\"enabled\":[)"), 500);
}

TEST(ConsentEventsSample, HoldsVendorsWithoutAPurposeAndEventsToRefuse) {
  const std::string all = all_of(files_of(consent_events, 600));
  EXPECT_GT(count(all, R"(\"enabled\":[\"Vendor1\"],\"disabled\":[]},\"purposes\":{\"enabled\":[])"), 50);
  EXPECT_GT(count(all, "\"type\":\"click\""), 0);
  EXPECT_GT(count(all, "\"user\":null"), 0);
  EXPECT_GT(count(all, "caf\xE9"), 0);
}

}  // namespace
}  // namespace sluice::samples
