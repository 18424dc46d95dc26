#pragma once
// Rows of text as an aligned table for people. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

struct TableColumn {
  std::string title;
  bool right = false;  // numbers
};

// Columns are as wide as their widest cell, at most `max_width` characters (a longer cell is cut and
// ends in '…'); the last one, where reasons stand, may be as long as a sentence. Width counts code points, which is right for the scripts reports are in.
std::string render_table(const std::vector<TableColumn>& columns,
                         const std::vector<std::vector<std::string>>& rows,
                         std::size_t max_width = 48);

// The line below a table that ends before its rows do: how to see more than `limit` of them. The api
// answers with at most 10,000 at once.
std::string more_hint(int limit);

}  // namespace sluice::cli
