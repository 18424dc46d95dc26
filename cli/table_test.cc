#include "cli/table.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(Table, AlignsTextLeftAndNumbersRight) {
  EXPECT_EQ(render_table({{"name"}, {"rows", true}}, {{"a.csv", "5"}, {"long.csv", "1200"}}),
            "name      rows\n"
            "a.csv        5\n"
            "long.csv  1200\n");
}

TEST(Table, CountsLettersNotBytes) {
  EXPECT_EQ(render_table({{"c"}, {"n", true}}, {{"España", "1"}, {"Italia", "2"}}),
            "c       n\n"
            "España  1\n"
            "Italia  2\n");
}

TEST(Table, CutsALongCellAndKeepsOneLinePerRow) {
  EXPECT_EQ(render_table({{"file"}, {"n"}}, {{"abcdefgh\nij", "1"}}, 6), "file    n\nabcde…  1\n");
}

TEST(Table, LeavesTheLastColumnsSentenceWhole) {
  EXPECT_EQ(render_table({{"reason"}}, {{"abcdefgh\nij"}}, 6), "reason\nabcdefgh ij\n");
  const std::string shown = render_table({{"reason"}}, {{std::string(2'000, 'x')}});
  EXPECT_EQ(shown, "reason\n" + std::string(499, 'x') + "…\n");
}

TEST(Table, FillsMissingCells) { EXPECT_EQ(render_table({{"a"}, {"b"}}, {{"1"}}), "a  b\n1  \n"); }

TEST(MoreHint, SuggestsWhatTheApiAccepts) {
  EXPECT_EQ(more_hint(20), "… more rows: --limit 200\n");
  EXPECT_EQ(more_hint(1'000), "… more rows: --limit 10000\n");
  EXPECT_EQ(more_hint(9'999), "… more rows: --limit 10000\n");
  EXPECT_EQ(more_hint(10'000).find("--limit"), std::string::npos) << "no more can be asked for";
}

}  // namespace
}  // namespace sluice::cli
