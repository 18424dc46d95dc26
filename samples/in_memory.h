#pragma once
// For tests: what a generator writes, by file name.

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "samples/making.h"

namespace sluice::samples {

using Files = std::map<std::string, std::string>;

template <typename Generator>
Files files_of(Generator generator, std::size_t rows) {
  std::map<std::string, std::ostringstream> streams;
  generator([&streams](const std::string& name) -> std::ostream& { return streams[name]; }, rows);
  Files files;
  for (const auto& [name, stream] : streams) files[name] = stream.str();
  return files;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::ptrdiff_t count(const std::string& text, const std::string& part) {
  std::ptrdiff_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace sluice::samples
