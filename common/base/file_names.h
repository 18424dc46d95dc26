#pragma once
// Names that say of themselves that a file is not, or not yet, for anybody.

#include <string_view>

namespace sluice {

// ".name", "name~", "name.tmp", "name.part", "name.crdownload"; of a path its last part.
inline bool is_temporary_name(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.empty() || name.front() == '.') return true;
  for (const std::string_view end : {"~", ".tmp", ".part", ".crdownload"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

}  // namespace sluice
