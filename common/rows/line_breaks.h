#pragma once
// Physical lines end at LF, CRLF or a lone CR.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace sluice {

// The line breaks of a text that does not end between the CR and the LF of one.
inline std::size_t count_line_breaks(std::string_view text) {
  auto breaks = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  for (std::size_t at = text.find('\r'); at != std::string_view::npos; at = text.find('\r', at + 1)) {
    if (at + 1 == text.size() || text[at + 1] != '\n') ++breaks;
  }
  return breaks;
}

}  // namespace sluice
