#include "samples/wiki_pages.h"

#include <gtest/gtest.h>

#include "samples/films.h"
#include "samples/in_memory.h"

namespace sluice::samples {
namespace {

TEST(WikiPagesSample, IsTheSameEachTime) { EXPECT_EQ(files_of(wiki_pages, 3000), files_of(wiki_pages, 3000)); }

TEST(WikiPagesSample, HasAsManyPagesAsAskedAndATenthInAFileThatComesLater) {
  Files files = files_of(wiki_pages, 3000);
  EXPECT_EQ(count(files["enwiki-abstract-1.xml.gz"], "<doc>\n"), 2700);
  EXPECT_EQ(count(files["enwiki-abstract-2.xml.gz"], "<doc>\n"), 300);
  for (const auto& [name, content] : files) {
    EXPECT_TRUE(content.starts_with("<feed>\n<doc>\n")) << name;
    EXPECT_TRUE(content.ends_with("</doc>\n</feed>\n")) << name;
    EXPECT_EQ(count(content, "<doc>"), count(content, "</doc>")) << name;
  }
}

TEST(WikiPagesSample, HoldsTheFormsOfAFilmsTitle) {
  const std::string text = files_of(wiki_pages, 3000)["enwiki-abstract-1.xml.gz"];
  const std::string first = film_title(0), year = std::to_string(film_year(0));
  EXPECT_EQ(count(text, "<title>Wikipedia: " + first + " (" + year + " film)</title>"), 1);
  EXPECT_EQ(count(text, "<title>Wikipedia: " + film_title(2) + "</title>"), 1);
  EXPECT_GT(count(text, " (film)</title>"), 400);
  EXPECT_GT(count(text, "<title>Wikipedia: Alderwick Abbey "), 500);
}

TEST(WikiPagesSample, LaterFileHoldsTheBetterPageOfAFilm) {
  Files files = files_of(wiki_pages, 3000);
  const std::string better =
      "<title>Wikipedia: " + film_title(2) + " (" + std::to_string(film_year(2)) + " film)</title>";
  EXPECT_EQ(count(files["enwiki-abstract-1.xml.gz"], better), 0);
  EXPECT_EQ(count(files["enwiki-abstract-2.xml.gz"], better), 1);
}

TEST(WikiPagesSample, HoldsEntitiesEmptyAbstractsAndPagesToRefuse) {
  const std::string text = files_of(wiki_pages, 3000)["enwiki-abstract-1.xml.gz"];
  EXPECT_GT(count(text, "&lt; 200\" &amp; others"), 1000);
  EXPECT_GT(count(text, "<abstract />"), 200);
  EXPECT_GT(count(text, "<title />"), 5);
  EXPECT_GT(count(text, "<url />"), 5);
}

}  // namespace
}  // namespace sluice::samples
