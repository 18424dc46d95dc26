#pragma once
// Whether two patterns of file names (* ? [..], as takes_file reads them) take one name. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// A shortest name that both take; nullopt: there is none. Names of files: no '/', and no '.' in front, which would
// hide the file. Of patterns of a thousand characters and more it is not looked for.
std::optional<std::string> name_in_both(std::string_view a, std::string_view b);

}  // namespace sluice
