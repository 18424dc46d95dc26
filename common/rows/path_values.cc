#include "common/rows/path_values.h"

#include <algorithm>

namespace sluice {
namespace {

std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> values;
  while (!pattern.empty()) {
    if (pattern.front() != '{') {
      if (path.empty() || path.front() != pattern.front()) return std::nullopt;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    pattern.remove_prefix(pattern.find('}') + 1);
    // Up to the next literal of the pattern, at most to the end of this part of the path.
    const std::string_view stop = pattern.substr(0, pattern.find('{'));
    const std::string_view part = path.substr(0, path.find('/'));
    std::size_t size = part.size();
    if (!stop.empty() && stop.front() != '/') size = part.find(stop.substr(0, stop.find('/')));
    if (size == std::string_view::npos || size == 0) return std::nullopt;
    values.emplace_back(path.substr(0, size));
    path.remove_prefix(size);
  }
  return values;
}

}  // namespace

std::optional<std::vector<std::string>> path_values(const Dataset& dataset, std::string_view path) {
  if (dataset.path_fields.empty()) return std::vector<std::string>();
  for (;;) {
    if (auto values = match(dataset.path_pattern, path)) return values;
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace sluice
