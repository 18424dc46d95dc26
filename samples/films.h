#pragma once
// Invented films, by number. Shared, for films are looked up among the pages of an encyclopedia.

#include <string>

#include "samples/making.h"

namespace sluice::samples {

// Of 40 films two have one title; their years differ.
std::string film_title(std::size_t film);
int film_year(std::size_t film);

}  // namespace sluice::samples
