#include "common/rows/csv_cells.h"

#include <gmock/gmock.h>

namespace sluice {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

struct Case {
  std::string row;
  std::vector<std::string> cells;
};

class SplitCells : public ::testing::TestWithParam<Case> {};
TEST_P(SplitCells, KeepsEveryByteButQuotesAndDelimiters) {
  const auto cells = split_cells(GetParam().row, {});
  ASSERT_TRUE(cells) << GetParam().row;
  EXPECT_EQ(*cells, GetParam().cells) << GetParam().row;
}
INSTANTIATE_TEST_SUITE_P(
    All, SplitCells,
    ::testing::Values(Case{"", {""}}, Case{"a", {"a"}}, Case{"a,b,", {"a", "b", ""}},
                      Case{"\"a,b\",c", {"a,b", "c"}}, Case{"\"a\"\"b\",\"\"", {"a\"b", ""}},
                      Case{"a\"b,c\"\"d", {"a\"b", "c\"\"d"}},
                      // A NUL is refused later, by name; until then it is a character as any other.
                      Case{"a\0b,c"s, {"a\0b"s, "c"}}, Case{"a\0\0b,\"c\0d\",\0"s, {"a\0\0b"s, "c\0d"s, "\0"s}},
                      Case{"\"\0\"\"x\""s, {"\0\"x"s}}));

TEST(SplitCells, AQuoteThatDoesNotEndWhereItsCellDoesIsAnError) {
  for (const char* row : {"a,\"b", "a,\"b\"c", "\"a\" ,b"}) {
    const auto cells = split_cells(row, {});
    ASSERT_FALSE(cells) << row;
    EXPECT_THAT(cells.error().message, HasSubstr("quote")) << row;
  }
}

}  // namespace
}  // namespace sluice
