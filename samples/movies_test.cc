#include "samples/movies.h"

#include <gtest/gtest.h>

#include "samples/films.h"
#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

// As many as a reader of CSV sees: line breaks within quotes are none.
std::size_t rows_of(const std::string& text) {
  std::size_t rows = 0;
  bool in_quotes = false;
  for (const char c : text) {
    if (c == '"') in_quotes = !in_quotes;
    rows += c == '\n' && !in_quotes ? 1U : 0U;
  }
  EXPECT_FALSE(in_quotes);
  return rows;
}

TEST(MoviesSample, IsTheSameEachTime) { EXPECT_EQ(files_of(movies, 2000), files_of(movies, 2000)); }

TEST(MoviesSample, HasAsManyFilmsAsAskedAndOneRowMoreForEachThatIsBrokenInTwo) {
  Files files = files_of(movies, 2000);
  ASSERT_EQ(files.size(), 2U);
  const std::string& text = files["movies_metadata-1.csv"];
  const auto broken = count(text, "\n - Written by");
  EXPECT_EQ(broken, 5);
  EXPECT_EQ(rows_of(text), 1U + 2000U + static_cast<std::size_t>(broken));
  EXPECT_GE(rows_of(files["movies_metadata-2.csv"]), 201U);
}

TEST(MoviesSample, HoldsListsLineBreaksInCellsExponentsAndWhatIsNotKnown) {
  const std::string text = files_of(movies, 2000)["movies_metadata-1.csv"];
  EXPECT_GT(count(text, "[{'id': 16, 'name': 'Animation'}"), 100);
  EXPECT_GT(count(text, "'name': \"\"O'Hara & Sons\"\"}"), 100);
  EXPECT_GT(count(text, "\nUntil the train leaves.\""), 200);
  EXPECT_GT(count(text, "e-06,"), 10);
  EXPECT_GT(count(text, "False,,0,"), 200);
}

TEST(MoviesSample, HoldsFilmsToRefuse) {
  const std::string text = files_of(movies, 2000)["movies_metadata-1.csv"];
  EXPECT_GT(count(text, ",unknown,"), 0);
  EXPECT_GT(count(text, ",1997-08-20,tt"), 0);
  EXPECT_GT(count(text, "Caf\xE9 Noir"), 0);
}

TEST(Films, TwoOfFortyHaveOneTitleAndTwoYears) {
  EXPECT_EQ(film_title(39), film_title(19));
  EXPECT_NE(film_year(39), film_year(19));
  EXPECT_NE(film_title(38), film_title(18));
  EXPECT_NE(film_title(3), film_title(3 + 24 * 31));
}

}  // namespace
}  // namespace sluice::samples
