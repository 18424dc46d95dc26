#pragma once
// How a file's first bytes say that it is UTF-8.

#include <string_view>

namespace sluice {

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Whether more than `start_of_file` must be seen to tell if one stands there.
inline bool may_be_byte_order_mark(std::string_view start_of_file, bool at_end) {
  return !at_end && start_of_file.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(start_of_file);
}

}  // namespace sluice
