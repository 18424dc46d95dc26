#pragma once
// Writing JSON by hand, where a library would cost too much per row.

#include <string>
#include <string_view>

namespace sluice {

// Appends `text` as a JSON string with its quotes. `text` is valid UTF-8; '"', '\' and control
// characters are escaped.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sluice
