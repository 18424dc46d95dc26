#include "common/rows/path_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

std::optional<std::vector<std::string>> values(std::string pattern, std::size_t fields, std::string_view path) {
  Dataset dataset;
  dataset.path_pattern = std::move(pattern);
  dataset.path_fields.resize(fields);
  return path_values(dataset, path);
}

TEST(PathValues, AreFoundInAnyPartOfThePath) {
  EXPECT_THAT(values("datehour={datehour}/", 1, "datehour=2021-01-23-10/part-0.json"),
              Optional(ElementsAre("2021-01-23-10")));
  EXPECT_THAT(values("datehour={datehour}/", 1, "in/x/datehour=7/y/part-0.json"), Optional(ElementsAre("7")));
  EXPECT_THAT(values("year={y}/month={m}/", 2, "year=2020/month=02/a"), Optional(ElementsAre("2020", "02")));
  EXPECT_THAT(values("{shop}-{day}.csv", 2, "a/oslo-2021.csv"), Optional(ElementsAre("oslo", "2021")));
}

TEST(PathValues, AreNoneWhereThePatternDoesNotFit) {
  EXPECT_EQ(values("datehour={datehour}/", 1, "part-0.json"), std::nullopt);
  EXPECT_EQ(values("datehour={datehour}/", 1, "xdatehour=1/part-0.json"), std::nullopt);
  EXPECT_EQ(values("datehour={datehour}/", 1, "datehour=/part-0.json"), std::nullopt);
  EXPECT_EQ(values("year={y}/month={m}/", 2, "year=2020/x/month=02/a"), std::nullopt);
  EXPECT_EQ(values("{a}-{b}.csv", 2, "a-b/x"), std::nullopt);
}

TEST(PathValues, AreNotLookedForWhereNoFieldIsTakenFromThere) {
  EXPECT_THAT(values("", 0, "anything"), Optional(ElementsAre()));
}

}  // namespace
}  // namespace sluice
