#pragma once
// Writing JSON by hand, where a library would cost too much per row.

#include <string>
#include <string_view>

namespace sluice {

// Appends `text` as a JSON string with its quotes. `text` is valid UTF-8; '"', '\' and control
// characters are escaped.
void append_json_string(std::string& out, std::string_view text);

// For text from outside (paths, messages of libraries): does it hold nothing but UTF-8; and made
// so, with U+FFFD in the place of each byte that is not part of a character.
bool is_valid_utf8(std::string_view text);
std::string valid_utf8(std::string_view text);

}  // namespace sluice
