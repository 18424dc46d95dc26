#include "common/rows/csv_cells.h"

#include <gmock/gmock.h>

namespace sluice {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

struct CellsCase {
  std::string row;
  std::vector<std::string> cells;
};

class SplitCells : public ::testing::TestWithParam<CellsCase> {};
TEST_P(SplitCells, KeepsEveryByteButQuotesAndDelimiters) {
  const auto cells = split_cells(GetParam().row, {});
  ASSERT_TRUE(cells) << GetParam().row;
  EXPECT_EQ(*cells, GetParam().cells) << GetParam().row;
}
INSTANTIATE_TEST_SUITE_P(
    All, SplitCells,
    ::testing::Values(CellsCase{"", {""}}, CellsCase{"a", {"a"}}, CellsCase{"a,b,", {"a", "b", ""}},
                      CellsCase{"\"a,b\",c", {"a,b", "c"}}, CellsCase{"\"a\"\"b\",\"\"", {"a\"b", ""}},
                      CellsCase{"a\"b,c\"\"d", {"a\"b", "c\"\"d"}},
                      // A NUL is refused later, by name; until then it is a character as any other.
                      CellsCase{"a\0b,c"s, {"a\0b"s, "c"}}, CellsCase{"a\0\0b,\"c\0d\",\0"s, {"a\0\0b"s, "c\0d"s, "\0"s}},
                      CellsCase{"\"\0\"\"x\""s, {"\0\"x"s}}));

TEST(SplitCells, AQuoteThatDoesNotEndWhereItsCellDoesIsAnError) {
  for (const char* row : {"a,\"b", "a,\"b\"c", "\"a\" ,b"}) {
    const auto cells = split_cells(row, {});
    ASSERT_FALSE(cells) << row;
    EXPECT_THAT(cells.error().message, HasSubstr("quote")) << row;
  }
}

}  // namespace
}  // namespace sluice
