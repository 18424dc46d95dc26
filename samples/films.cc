#include "samples/films.h"

namespace sluice::samples {
namespace {

constexpr std::array<const char*, 24> kFirst = {
    "The Silent", "A Distant", "The Last", "Crimson", "The Long", "Northern", "The Glass",  "Burning",
    "An Honest",  "Golden",    "The Lost", "Paper",   "Écarlate", "The Blue", "Midnight",   "Winter's",
    "No More",    "The Seven", "Étoile",   "Wooden",  "The Open", "Hidden",   "The Second", "Salt &"};
constexpr std::array<const char*, 31> kSecond = {
    "Harbour", "Orchard", "Letters", "Engine", "Garden",  "Summer", "Mirror", "Station",
    "Bridge",  "Signal",  "Iron",    "Voyage", "Dances",  "Kingdom", "Shadows", "Clocks",
    "Thieves", "Island",  "Tailor",  "Rivers", "Lantern", "Embers", "Parade", "Horses",
    "Winds",   "Sisters", "Castle",  "Market", "Valley",  "Bells",  "Rain"};

// The second film of a title.
bool is_remake(std::size_t film) { return film % 40 == 39; }

}  // namespace

std::string film_title(std::size_t film) {
  if (is_remake(film)) film -= 20;
  // 24 and 31 have no common divisor: the first 744 titles differ, further ones are sequels.
  const std::size_t part = film / (kFirst.size() * kSecond.size());
  std::string title = std::string(kFirst[film % kFirst.size()]) + ' ' + kSecond[film % kSecond.size()];
  if (part > 0) title += ", Part " + std::to_string(part + 1);
  return title;
}

int film_year(std::size_t film) {
  if (is_remake(film)) return film_year(film - 20) + 3;
  return Random(1895, film).between(1931, 2014);
}

}  // namespace sluice::samples
