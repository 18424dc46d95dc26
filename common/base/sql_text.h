#pragma once
// Text that goes into SQL: names that come from a definition, and rows for COPY. Values in
// statements are always parameters, never text.

#include <string>
#include <string_view>

namespace sluice {

// "name" with quotes doubled.
std::string quote_name(std::string_view name);

// Appends a value escaped for COPY's text format. A null is written as \N by the caller.
void append_copy_text(std::string& out, std::string_view value);

}  // namespace sluice
