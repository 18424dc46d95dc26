#include "common/definition/overlaps.h"

#include <gmock/gmock.h>

namespace sluice {
namespace {

using ::testing::IsEmpty;

std::vector<Dataset> datasets(const std::vector<std::vector<std::string>>& files) {
  std::vector<Dataset> out;
  for (const auto& patterns : files) out.emplace_back().files = patterns;
  return out;
}

TEST(Overlaps, NameBothDefinitionsTheirPatternsAndAFile) {
  const auto found = overlaps_of(datasets({{"x*.csv", "bookings*.csv"}, {"orders*.csv"}, {"*.json", "*_2017.csv"}}));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].first, 0U);
  EXPECT_EQ(found[0].second, 2U);
  EXPECT_EQ(found[0].first_pattern, "x*.csv");
  EXPECT_EQ(found[0].second_pattern, "*_2017.csv");
  EXPECT_EQ(found[0].example, "x_2017.csv");
  EXPECT_EQ(found[1].example, "orders_2017.csv");
}

TEST(Overlaps, ACompressedFileIsTakenByItsNameWithoutTheEndingToo) {
  const auto found = overlaps_of(datasets({{"a*.csv"}, {"*.csv.gz"}}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].example, "a.csv.gz");
  EXPECT_EQ(found[0].first_pattern, "a*.csv");
}

TEST(Overlaps, ThereIsNoneWhereFilesAreToldApart) {
  EXPECT_THAT(overlaps_of(datasets({{"a*.csv"}, {"b*.csv"}, {"*.json"}})), IsEmpty());
  EXPECT_THAT(overlaps_of(datasets({{"a*.csv"}})), IsEmpty());
}

}  // namespace
}  // namespace sluice
