#include "samples/movies.h"

#include <algorithm>
#include <vector>

#include "samples/films.h"

namespace sluice::samples {
namespace {

constexpr const char* kHeader =
    "adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,"
    "popularity,poster_path,production_companies,production_countries,release_date,revenue,runtime,"
    "spoken_languages,status,tagline,title,video,vote_average,vote_count\n";

struct Named {
  int id;
  const char* name;
};
constexpr std::array<Named, 8> kGenres = {{
    {16, "Animation"}, {35, "Comedy"}, {18, "Drama"}, {53, "Thriller"},
    {28, "Action"}, {878, "Science Fiction"}, {10752, "War"}, {99, "Documentary"}}};
constexpr std::array<Named, 9> kCompanies = {{
    {3, "Lighthouse Pictures"}, {14, "Blue Door Films"}, {27, "O'Hara & Sons"},
    {31, "Étoile Productions"}, {42, "Northern Reel"}, {58, "Kino Mühle"},
    {66, "Paper Moon, Ltd."}, {71, "Studio Nine"}, {83, "Grand Rialto"}}};

// "O'Hara" in double quotes, else in single ones, as Python's repr does.
std::string python_text(std::string_view text) {
  const char quote = text.find('\'') == std::string_view::npos ? '\'' : '"';
  return quote + std::string(text) + quote;
}

// Up to `most` of them, each once: what lies between has a step that meets none twice.
template <std::size_t kCount>
std::string python_list(Random& random, const std::array<Named, kCount>& values, std::size_t most) {
  std::string out = "[";
  const std::size_t size = random.below(most + 1), first = random.below(kCount);
  for (std::size_t i = 0; i < size; ++i) {
    const Named& value = values[(first + i) % kCount];
    out += std::string(i == 0 ? "" : ", ") + "{'id': " + std::to_string(value.id) +
           ", 'name': " + python_text(value.name) + '}';
  }
  return out + ']';
}

struct Movie {
  std::size_t film = 0;
  std::int64_t budget = 0, revenue = 0;  // 0: not known
  int popularity = 0;                    // millionths
  int rating = 0;                        // tenths; -1: none
  int votes = 0, runtime = 0;
  std::string genres, companies, date, overview, tagline, homepage, collection;
};

std::vector<std::string> cells_of(const Movie& movie) {
  const std::string title = film_title(movie.film);
  return {"False", movie.collection, std::to_string(movie.budget), movie.genres, movie.homepage,
          std::to_string(1000 + movie.film), print("tt%07zu", movie.film), "en", title, movie.overview,
          // The smallest are written with an exponent.
          movie.popularity < 100 ? std::to_string(movie.popularity) + "e-06"
                                 : shortest_decimal(movie.popularity, 6),
          print("/p%zu.jpg", movie.film), movie.companies,
          "[{'iso_3166_1': 'US', 'name': 'United States of America'}]",
          movie.date, std::to_string(movie.revenue), short_decimal(movie.runtime * 100),
          "[{'iso_639_1': 'en', 'name': 'English'}]", "Released", movie.tagline, title, "False",
          movie.rating < 0 ? "" : short_decimal(movie.rating * 10), std::to_string(movie.votes)};
}
constexpr std::size_t kBudget = 2, kId = 5, kOverview = 9, kRevenue = 15, kTitle = 20;

std::string line_of(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) out += (out.empty() ? "" : ",") + csv_cell(cell);
  return out + '\n';
}

// One in five is not known, and a few are too small to be an amount of money at all.
std::int64_t amount_of(Random& random, int most, std::int64_t unit) {
  if (random.one_in(5)) return 0;
  const std::int64_t units = random.between(1, most);
  return random.one_in(30) ? units : units * unit;
}

Movie movie_of(std::size_t film) {
  Random random(1995, film);
  Movie made;
  made.film = film;
  made.budget = amount_of(random, 900, 250'000);
  made.revenue = amount_of(random, 9'000, 50'001);
  made.popularity = random.one_in(80) ? random.between(1, 99) : random.between(100, 40'000'000);
  made.rating = random.one_in(40) ? -1 : random.between(10, 95);
  made.votes = random.between(0, 6'000);
  made.runtime = random.between(70, 190);
  made.genres = python_list(random, kGenres, 3);
  made.companies = python_list(random, kCompanies, 4);
  // A film without a day has no year, and is not looked for by it.
  if (!random.one_in(30)) {
    const int month = random.between(1, 12), day = random.between(1, 28);
    made.date = print("%04d-%02d-%02d", film_year(film), month, day);
  }
  made.overview = "A stranger comes to town, \"for good\", and nothing is as it was.";
  if (random.one_in(6)) made.overview += "\nUntil the train leaves.";
  if (random.one_in(3)) made.tagline = "Some doors, once open, stay open.";
  if (random.one_in(8)) made.homepage = print("http://www.example.com/films/%zu", film);
  if (random.one_in(10)) {
    made.collection = print("{'id': %zu, 'name': 'Collection %zu', 'poster_path': None}", film, film);
  }
  return made;
}

Movie corrected(Movie movie, std::size_t turn) {
  switch (turn % 4) {
    case 0: movie.revenue = 2 * movie.revenue + 60'000; break;
    case 1: movie.budget = movie.budget / 2 + 30'000; break;
    case 2: movie.companies = "[{'id': 71, 'name': 'Studio Nine'}]"; break;
    default: movie.budget = 0; break;  // not known after all
  }
  return movie;
}

// A line break that nobody put in quotes: what follows is shifted by the columns that lie before it.
std::string in_two(const Movie& movie) {
  const std::vector<std::string> cells = cells_of(movie);
  const auto middle = cells.begin() + static_cast<std::ptrdiff_t>(kOverview);
  std::vector<std::string> first(cells.begin(), middle), second(middle, cells.end());
  first.emplace_back("Nobody knew her.");
  second[0] = " - Written by A. Nonymous";
  return line_of(first) + line_of(second);
}

// What goes wrong in real files. The film is one that is known: it must stay as it is.
std::string refused(const Movie& movie, std::size_t turn) {
  std::vector<std::string> cells = cells_of(movie);
  switch (turn % 8) {
    case 0: return in_two(movie);
    case 1: cells[kBudget] = "unknown"; break;
    case 2: cells[kRevenue] = "-5"; break;
    case 3: cells[kTitle].clear(); break;
    case 4: cells[kId] = "1997-08-20"; break;
    case 5: cells.pop_back(); break;                  // a column short
    case 6: cells[kOverview] = "Caf\xE9 Noir"; break;  // not in UTF-8
    default: cells[kBudget] = "12.5"; break;          // of a dollar, half
  }
  return line_of(cells);
}

std::string row_at(std::size_t row) {
  switch (kind_of(row)) {
    case Kind::kNew: return line_of(cells_of(movie_of(row)));
    case Kind::kRepeated: return line_of(cells_of(movie_of(earlier(row))));
    case Kind::kCorrected: return line_of(cells_of(corrected(movie_of(earlier(row)), turn(row))));
    case Kind::kRefused: return refused(movie_of(earlier(row)), turn(row));
  }
  return {};
}

}  // namespace

void movies(const Open& open, std::size_t rows) {
  std::ostream& first = open("movies_metadata-1.csv");
  first << kHeader;
  for (std::size_t row = 0; row < rows; ++row) first << row_at(row);
  std::ostream& second = open("movies_metadata-2.csv");
  second << kHeader;
  for (std::size_t row = rows; row < rows + rows / 10; ++row) second << row_at(row);
}

}  // namespace sluice::samples
