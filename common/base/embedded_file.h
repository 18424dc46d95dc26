#pragma once
// A file that a binary holds in itself; see cmake/embed.cmake.

#include <span>
#include <string_view>

namespace sluice {

struct EmbeddedFile {
  std::string_view name;  // without folders
  std::string_view bytes;
};

}  // namespace sluice
